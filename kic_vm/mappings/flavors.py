# SPDX-License-Identifier: Apache-2.0
"""Nova flavor -> flavor (instance type) of the contract.

Fields that Nova does not have come from the flavor's extra specs ``kic:<field>``. Fields that are
missing there come from the documented grammar of flavor names (``m2a.large``: family letter,
generation, manufacturer, size). Fields that are missing in both are null.
"""

import functools
import re
from typing import Final, TypedDict

from kic_vm.resources.compute import Flavor, ServerFlavor

PREFIX: Final = "kic:"

_NAME = re.compile(r"(?P<family>[a-z]{1,2})\d+(?P<maker>[ai])[a-z]*\.(?P<size>[a-z0-9.]+)")
_FAMILIES = {
    "m": "general",
    "t": "general",
    "c": "compute",
    "r": "memory",
    "g": "accelerated",
    "p": "accelerated",
}
_GROUPS = {
    "general": "Standard",
    "compute": "CPU Optimized",
    "memory": "Memory Optimized",
    "accelerated": "GPU",
}
_MAKERS = {"a": "amd", "i": "intel"}
_TRUE = {"true", "1", "yes", "on"}


class CommonFlavorView(TypedDict):
    """The fields that a flavor has in all responses; see CommonFlavorSchema."""

    id: str | None
    name: str
    group: str | None
    vcpus: int
    is_burstable: bool | None
    manufacturer: str | None
    memory_mb: int
    root_gb: int
    disk_type: str | None
    instance_family: str | None
    maximum_network_interfaces: int | None
    hw_type: str | None
    hw_count: int | None
    is_hyper_threading_supported: bool | None


class InstanceFlavorView(CommonFlavorView):
    """The flavor of an instance; see InstanceFlavorSchema."""

    os_distro: list[str] | None
    real_vcpus: int | None


class FlavorView(CommonFlavorView):
    """A flavor in the responses to get and list; see FlavorSchema."""

    description: str | None
    architecture: str | None
    instance_type: str
    processor: str | None
    created_at: None
    updated_at: None
    availability_zone: list[str]
    available: None
    instance_size: str | None
    os_distro: str | None
    hw_name: str | None
    is_hyper_threading_disabled: bool
    is_hyper_threading_disable_supported: bool | None


class _Specs:
    """Extra specs with the gateway's prefix, converted to the contract's types."""

    def __init__(self, extra_specs: dict[str, str]) -> None:
        self._specs = extra_specs

    def text(self, field: str, default: str | None = None) -> str | None:
        return self._specs.get(PREFIX + field, default)

    def integer(self, field: str) -> int | None:
        value = self._specs.get(PREFIX + field, "")
        return int(value) if value.isdecimal() else None

    def boolean(self, field: str, *, default: bool | None = None) -> bool | None:
        value = self._specs.get(PREFIX + field)
        return default if value is None else value.lower() in _TRUE


def _from_name(name: str) -> dict[str, str]:
    """Family, manufacturer and size from a name; empty if it does not follow the grammar."""
    match = _NAME.fullmatch(name)
    if not match:
        return {}
    fields = {"manufacturer": _MAKERS[match["maker"]], "instance_size": match["size"]}
    family = _FAMILIES.get(match["family"][0])
    return fields | ({"instance_family": family} if family else {})


def _common(
    flavor_id: str | None, name: str, vcpus: int, memory_mb: int, root_gb: int, specs: _Specs
) -> CommonFlavorView:
    """The fields that both the flavor resource and an instance's flavor have."""
    from_name = _from_name(name)
    family = specs.text("instance_family", from_name.get("instance_family"))
    return {
        "id": flavor_id,
        "name": name,
        "group": specs.text("group", _GROUPS.get(family or "")),
        "vcpus": vcpus,
        "is_burstable": specs.boolean("is_burstable", default=name.startswith("t")),
        "manufacturer": specs.text("manufacturer", from_name.get("manufacturer")),
        "memory_mb": memory_mb,
        "root_gb": root_gb,
        "disk_type": specs.text("disk_type"),
        "instance_family": family,
        "maximum_network_interfaces": specs.integer("maximum_network_interfaces"),
        "hw_type": specs.text("hw_type"),
        "hw_count": specs.integer("hw_count"),
        "is_hyper_threading_supported": specs.boolean("is_hyper_threading_supported"),
    }


def instance_type(extra_specs: dict[str, str]) -> str:
    """The instance type: vm, gpu or bm. Clients cannot parse a response without it."""
    value = extra_specs.get(PREFIX + "instance_type")
    return value if value in {"vm", "bm", "gpu"} else "vm"


def maximum_network_interfaces(extra_specs: dict[str, str]) -> int | None:
    """The maximum number of an instance's interfaces; None if the flavor does not set it."""
    return _Specs(extra_specs).integer("maximum_network_interfaces")


def is_hyper_threading(extra_specs: dict[str, str]) -> bool | None:
    """Whether guests see two threads per core; None if the flavor does not set it.

    Nova's own extra spec takes precedence: with the thread policy ``isolate``, a core has one
    thread.
    """
    if extra_specs.get("hw:cpu_thread_policy") == "isolate":
        return False
    return _Specs(extra_specs).boolean("is_hyper_threading_supported")


def flavor_from_flavor(flavor: Flavor, zones: list[str]) -> FlavorView:
    """The contract's flavor.

    :param flavor: the flavor as Nova shows it, with extra_specs (2.61)
    :param zones: the zones that clients may choose; Nova offers every flavor in all of them
    """
    extra_specs = flavor.get("extra_specs") or {}
    specs = _Specs(extra_specs)
    name = flavor["name"]
    common = _common(flavor["id"], name, flavor["vcpus"], flavor["ram"], flavor["disk"], specs)
    return {
        **common,
        "description": flavor.get("description"),
        "architecture": specs.text("architecture"),
        "instance_type": instance_type(extra_specs),
        "processor": specs.text("processor"),
        "created_at": None,
        "updated_at": None,
        "availability_zone": zones,
        "available": None,
        "instance_size": specs.text("instance_size", _from_name(name).get("instance_size")),
        "os_distro": specs.text("os_distro"),
        "hw_name": specs.text("hw_name"),
        "is_hyper_threading_disabled": extra_specs.get("hw:cpu_thread_policy") == "isolate",
        "is_hyper_threading_disable_supported": specs.boolean(
            "is_hyper_threading_disable_supported"
        ),
    }


def flavor_of_server(embedded: ServerFlavor, flavor_id: str | None) -> InstanceFlavorView:
    """The flavor as an instance shows it: the server's own copy from its creation.

    :param embedded: ``flavor`` of a server at 2.47 and above, which has no id
    """
    extra_specs = embedded.get("extra_specs") or {}
    return {
        **_flavor_of_server(
            embedded["original_name"],
            embedded["vcpus"],
            embedded["ram"],
            embedded["disk"],
            tuple(extra_specs.items()),
        ),
        "id": flavor_id,
    }


@functools.lru_cache(maxsize=1024)
def _flavor_of_server(
    name: str, vcpus: int, memory_mb: int, root_gb: int, extra_specs: tuple[tuple[str, str], ...]
) -> InstanceFlavorView:
    """The flavor without its id, cached: many servers have few distinct flavors."""
    specs = _Specs(dict(extra_specs))
    distro = specs.text("os_distro")
    return {
        **_common(None, name, vcpus, memory_mb, root_gb, specs),
        "os_distro": distro.split(",") if distro else None,
        "real_vcpus": specs.integer("real_vcpus"),
    }
