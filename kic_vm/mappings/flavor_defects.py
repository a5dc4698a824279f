# SPDX-License-Identifier: Apache-2.0
"""Missing and wrong extra specs of Nova flavors that the contract's flavor needs."""

import re
from collections.abc import Mapping
from typing import Final

from kic_vm.mappings.flavors import PREFIX, flavor_from_flavor
from kic_vm.resources.compute import Flavor

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


def defects_of(flavor: Flavor) -> list[str]:
    """One phrase for each defect; empty for a complete flavor.

    :param flavor: the flavor as Nova shows it, with extra_specs (2.61)
    """
    defects = []
    if not _UUID.fullmatch(flavor["id"]):
        defects.append("its id is not a UUID, so the official clients cannot use it")
    specs = {
        key.removeprefix(PREFIX): value
        for key, value in (flavor.get("extra_specs") or {}).items()
        if key.startswith(PREFIX)
    }
    contract_flavor: Mapping[str, object] = flavor_from_flavor(flavor, [])
    needed = _NEEDED + (_NEEDED_BY_GPU if contract_flavor["instance_type"] == "gpu" else ())
    for field, value in sorted(specs.items()):
        problem = _problem(field, value)
        if problem:
            defects.append(f"{PREFIX}{field} {problem}")
    defects += [
        f"{PREFIX}{field} is missing"
        for field in needed
        if contract_flavor[field] is None and field not in specs
    ]
    return defects


def _problem(field: str, value: str) -> str | None:
    if field not in {*_NEEDED, *_NEEDED_BY_GPU, *_OPTIONAL}:
        return "is not an extra spec that the gateway uses"
    if field in _CHOICES and value.lower() not in _CHOICES[field]:
        return f"is {value!r}: it must be one of {', '.join(_CHOICES[field])}"
    if field in _NUMBERS and not (value.isdecimal() and int(value) > 0):
        return f"is {value!r}: it must be a number above 0"
    return None
