"""What a Glance image leaves out, or says wrongly, of what the contract's image shows."""

from typing import Any, Final

from kic_vm.mappings.images import PREFIX

JSON = dict[str, Any]

_NEEDED: Final = ("os_type", "os_distro", "os_admin_user")
_CHOICES: Final = {
    "os_type": ("linux", "windows"),
    f"{PREFIX}instance_type": ("vm", "bm", "gpu"),
}


def defects_of(image: JSON) -> list[str]:
    """A few words for each defect; none for an image that is complete.

    :param image: Glance's
    """
    missing = [f"{name} is missing" for name in _NEEDED if not image.get(name)]
    wrong = [
        f"{name} is {image[name]!r}: it must be one of {', '.join(choices)}"
        for name, choices in _CHOICES.items()
        if image.get(name) and str(image[name]).lower() not in choices
    ]
    return missing + wrong
