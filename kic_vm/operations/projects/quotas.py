# SPDX-License-Identifier: Apache-2.0
"""Quotas of the caller's project: read, check."""

from collections.abc import Callable, Mapping
from typing import TypedDict

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.quotas import SERVICES, UNITS, Figures
from kic_vm.operations.request import RequestServices


class QuotaView(TypedDict):
    """A quota; see QuotaSchema."""

    limit: int | None
    used: int
    unit: str


def get_quotas(services: RequestServices) -> dict[str, QuotaView]:
    """The quotas of the caller's project by name: limit, use and unit.

    Five upstream calls, side by side.

    :raises UpstreamError: one of the services does not return its quotas
    :raises UpstreamUnavailable: a cell with instances of the project does not answer
    """
    openstack = services.openstack
    of_servers, _ids, of_networks, of_volumes = gather_reads(
        openstack.compute.get_quotas,
        # Nova's use lacks the instances in cells that do not answer, and does not say so.
        openstack.compute.list_server_ids,
        openstack.network.get_quotas,
        openstack.block_storage.get_quotas,
    )
    quotas: dict[str, Figures] = {**of_servers, **of_volumes, **of_networks}
    return {
        name: {"limit": figures.limit, "used": figures.used, "unit": UNITS[name]}
        for name, figures in quotas.items()
    }


def with_figures(
    services: RequestServices, refusal: exceptions.QuotaExceeded
) -> exceptions.QuotaExceeded:
    """The refusal with the quota's limit and use, read from the service when they are missing.

    One upstream call when they are missing, two for keypairs. When that fails, the refusal is
    returned unchanged.
    """
    details = dict(refusal.details)
    quota = details.pop("quota", None)
    if quota not in SERVICES or {"limit", "used"} <= details.keys():
        return refusal
    openstack = services.openstack
    readers = {
        "compute": openstack.compute.get_quotas,
        "block-storage": openstack.block_storage.get_quotas,
        "network": openstack.network.get_quotas,
    }
    try:
        figures = readers[SERVICES[quota]]()[quota]
    except (exceptions.KicVmError, KeyError):
        return refusal
    return exceptions.QuotaExceeded(quota, **(details | figures._asdict()))


def check(read_quotas: Callable[[], Mapping[str, Figures]], requested: Mapping[str, int]) -> None:
    """Refuse a request that exceeds a quota, before anything is created.

    :param read_quotas: a service's ``get_quotas``
    :param requested: the additional amount, by quota
    :raises QuotaExceeded: the project's quota does not allow the additional amount
    """
    figures = read_quotas()
    for quota, amount in requested.items():
        if quota not in figures:  # the service has no such quota
            continue
        limit, used = figures[quota]
        if limit is not None and used + amount > limit:
            raise exceptions.QuotaExceeded(quota, limit=limit, used=used, requested=amount)
