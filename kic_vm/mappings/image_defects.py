# SPDX-License-Identifier: Apache-2.0
"""Missing and wrong properties of Glance images that the contract's image needs."""

from collections.abc import Mapping
from typing import Final

from kic_vm.mappings.images import PREFIX

_NEEDED: Final = ("os_type", "os_distro", "os_admin_user")
_CHOICES: Final = {
    "os_type": ("linux", "windows"),
    f"{PREFIX}instance_type": ("vm", "bm", "gpu"),
}


def defects_of(image: Mapping[str, object]) -> list[str]:
    """One phrase for each defect; empty for a complete image.

    :param image: the image as Glance shows it
    """
    missing = [f"{name} is missing" for name in _NEEDED if not image.get(name)]
    wrong = [
        f"{name} is {image[name]!r}: it must be one of {', '.join(choices)}"
        for name, choices in _CHOICES.items()
        if image.get(name) and str(image[name]).lower() not in choices
    ]
    return missing + wrong
