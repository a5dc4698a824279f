# SPDX-License-Identifier: Apache-2.0
"""Flavors in four families; their `kic:` extra specs carry what Nova has no field for."""

from dataclasses import dataclass, field

from ..rest import Session

NOWHERE = "CUSTOM_KIC_VM_NOWHERE"  # a trait that no compute host has


@dataclass(frozen=True)
class Flavor:
    """A flavor; without a disk of its own, so that its servers boot from volumes."""

    name: str
    vcpus: int
    ram: int
    family: str
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def extra_specs(self) -> dict[str, str]:
        """The extra specs, family and size included."""
        series, _, size = self.name.partition(".")
        family, group, processor = FAMILIES[self.family]
        return {
            "kic:instance_type": "vm",
            "kic:instance_family": family,
            "kic:instance_size": size,
            "kic:group": group,
            "kic:manufacturer": "amd" if series.endswith("a") else "intel",
            "kic:processor": processor,
            "kic:architecture": "x86_64",
            "kic:is_burstable": "true" if series == "t1i" else "false",
            "kic:disk_type": "ssd",
            "kic:maximum_network_interfaces": str(max(2, self.vcpus)),
            "kic:is_hyper_threading_supported": "true" if self.vcpus > 1 else "false",
            "kic:is_hyper_threading_disable_supported": "true" if self.vcpus > 1 else "false",
            "kic:real_vcpus": str(max(1, self.vcpus // 2)),
            **self.extra,
        }


# family: kic:instance_family, kic:group, kic:processor
FAMILIES = {
    "standard": ("general", "Standard", "AMD EPYC 7513"),
    "burstable": ("general", "Standard", "Intel Xeon Gold 5220R"),
    "cpu": ("compute", "CPU Optimized", "AMD EPYC 7513"),
    "memory": ("memory", "Memory Optimized", "AMD EPYC 7513"),
    "gpu": ("accelerated", "GPU", "Intel Xeon Gold 6338"),
}
GPU = {
    "kic:instance_type": "gpu",
    "kic:hw_type": "gpu",
    "kic:hw_count": "1",
    "kic:hw_name": "NVIDIA A100",
}
FLAVORS = (
    Flavor("m2a.large", 2, 8192, "standard"),
    Flavor("m2a.xlarge", 4, 16384, "standard"),
    Flavor("t1i.micro", 1, 1024, "burstable"),
    Flavor("t1i.small", 1, 2048, "burstable"),
    Flavor("c2a.large", 2, 4096, "cpu"),
    Flavor("c2a.xlarge", 4, 8192, "cpu"),
    Flavor("r2a.large", 2, 16384, "memory"),
    Flavor("r2a.xlarge", 4, 32768, "memory"),
    Flavor("gn1i.xlarge", 4, 16384, "gpu", GPU),
    Flavor("m2a.impossible", 1, 1024, "standard", {f"trait:{NOWHERE}": "required"}),
)


def ensure(admin: Session) -> None:
    """The flavors with their extra specs; Nova makes up their ids (UUIDs)."""
    path = f"/traits/{NOWHERE}"
    admin.call("placement", "PUT", path, OpenStack_API_Version="placement 1.6")
    microversion = {"OpenStack_API_Version": "compute 2.61"}  # lists the extra specs too
    found = admin.call("nova", "GET", "/flavors/detail?is_public=None", **microversion)["flavors"]
    have = {flavor["name"]: flavor for flavor in found}
    for flavor in FLAVORS:
        existing = have.get(flavor.name)
        if existing is None:
            body = {"name": flavor.name, "vcpus": flavor.vcpus, "ram": flavor.ram, "disk": 0}
            existing = admin.call("nova", "POST", "/flavors", {"flavor": body})["flavor"]
        if existing.get("extra_specs") != flavor.extra_specs:
            specs = {"extra_specs": flavor.extra_specs}
            admin.call("nova", "POST", f"/flavors/{existing['id']}/os-extra_specs", specs)
