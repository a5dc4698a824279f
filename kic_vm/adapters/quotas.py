# SPDX-License-Identifier: Apache-2.0
"""Quotas: the names in OpenStack and in the gateway, and their limits and use."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Quota(NamedTuple):
    """A quota of the gateway."""

    name: str
    unit: str


# The quotas of resources that this API creates, by service and the service's name for the quota.
QUOTAS: Final[dict[str, dict[str, Quota]]] = {
    "compute": {
        "instances": Quota("instances", "count"),
        "cores": Quota("cores", "count"),
        "ram": Quota("memory_mb", "MiB"),
        "key_pairs": Quota("keypairs", "count"),
    },
    "block-storage": {
        "volumes": Quota("volumes", "count"),
        "gigabytes": Quota("gigabytes", "GiB"),
        "snapshots": Quota("snapshots", "count"),
    },
    "network": {
        "port": Quota("ports", "count"),
        "floatingip": Quota("public_ips", "count"),
        "security_group": Quota("security_groups", "count"),
        "security_group_rule": Quota("security_group_rules", "count"),
        "network": Quota("vpcs", "count"),
        "subnet": Quota("subnets", "count"),
        "router": Quota("routers", "count"),
        "router_route": Quota("routes", "count"),
    },
}
SERVICES: Final = {
    quota.name: service for service, quotas in QUOTAS.items() for quota in quotas.values()
}
UNITS: Final = {quota.name: quota.unit for quotas in QUOTAS.values() for quota in quotas.values()}


class Figures(NamedTuple):
    """A quota's limit (None: unlimited), and the amount in use or reserved."""

    limit: int | None
    used: int


def name_of(service: str, quota: str) -> str:
    """The gateway's name for a quota; the service's name if the gateway has none."""
    known = QUOTAS.get(service, {}).get(quota)
    return known.name if known else quota


def read(service: str, answered: Mapping[str, Any]) -> dict[str, Figures]:
    """The gateway's quotas in a service's answer, by the gateway's names.

    Nova, Cinder and Neutron differ only in the name of the amount in use; -1 means unlimited.
    """
    return {
        quota.name: Figures(
            limit=None if shown["limit"] < 0 else shown["limit"],
            used=shown.get("in_use", shown.get("used", 0)) + shown["reserved"],
        )
        for name, quota in QUOTAS[service].items()
        if (shown := answered.get(name)) is not None
    }
