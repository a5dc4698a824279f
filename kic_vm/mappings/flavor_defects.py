"""What a Nova flavor leaves out, or says wrongly, of what the contract's flavor shows."""

import re
from typing import Any, Final

from kic_vm.mappings.flavors import PREFIX, flavor_from_flavor

JSON = dict[str, Any]

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEEDED: Final = (
    "instance_family",
    "group",
    "instance_size",
    "manufacturer",
    "processor",
    "architecture",
    "maximum_network_interfaces",
    "is_hyper_threading_supported",
    "is_hyper_threading_disable_supported",
)
_NEEDED_BY_GPU: Final = ("hw_type", "hw_name", "hw_count")
_OPTIONAL: Final = ("is_burstable", "disk_type", "os_distro", "real_vcpus", "instance_type")
_CHOICES: Final = {
    "instance_type": ("vm", "gpu", "bm"),
    "instance_family": ("general", "compute", "memory", "accelerated"),
    **dict.fromkeys(
        (
            "is_burstable",
            "is_hyper_threading_supported",
            "is_hyper_threading_disable_supported",
        ),
        ("true", "false"),
    ),
}
_NUMBERS: Final = ("maximum_network_interfaces", "hw_count", "real_vcpus")


def defects_of(flavor: JSON) -> list[str]:
    """One sentence for each defect; none for a flavor that is complete.

    :param flavor: Nova's, with extra_specs (2.61)
    """
    found = []
    if not _UUID.fullmatch(flavor["id"]):
        found.append("its id is no UUID, so the official clients cannot name it")
    said = {
        key.removeprefix(PREFIX): value
        for key, value in (flavor.get("extra_specs") or {}).items()
        if key.startswith(PREFIX)
    }
    shown = flavor_from_flavor(flavor, [])
    needed = _NEEDED + (_NEEDED_BY_GPU if shown["instance_type"] == "gpu" else ())
    for field, value in sorted(said.items()):
        problem = _problem(field, value)
        if problem:
            found.append(f"{PREFIX}{field} {problem}")
    found += [
        f"{PREFIX}{field} is missing"
        for field in needed
        if shown[field] is None and field not in said
    ]
    return found


def _problem(field: str, value: str) -> str | None:
    if field not in {*_NEEDED, *_NEEDED_BY_GPU, *_OPTIONAL}:
        return "is nothing that the gateway knows"
    if field in _CHOICES and value.lower() not in _CHOICES[field]:
        return f"is {value!r}: it must be one of {', '.join(_CHOICES[field])}"
    if field in _NUMBERS and not (value.isdecimal() and int(value) > 0):
        return f"is {value!r}: it must be a number above 0"
    return None
