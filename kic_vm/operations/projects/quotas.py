"""Quotas: how much the project may have, and what would exceed it."""

from collections.abc import Callable, Mapping
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.adapters.quotas import SERVICES, UNITS, Figures
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def get_quotas(services: RequestServices) -> JSON:
    """The quotas of the caller's project by name: limit, use and unit.

    Four upstream calls, side by side.

    :raises UpstreamError: one of the services does not say
    """
    openstack = services.openstack
    found: dict[str, Figures] = {}
    for figures in gather_reads(
        openstack.compute.get_quotas,
        openstack.block_storage.get_quotas,
        openstack.network.get_quotas,
    ):
        found |= figures
    return {name: figures._asdict() | {"unit": UNITS[name]} for name, figures in found.items()}


def with_figures(
    services: RequestServices, refusal: exceptions.QuotaExceeded
) -> exceptions.QuotaExceeded:
    """A refusal with the quota's limit and use, also where the service has not told them.

    One upstream call where they are missing, two for keypairs; without an answer the refusal stays
    as it is.
    """
    known = dict(refusal.details)
    quota = known.pop("quota", None)
    if quota not in SERVICES or {"limit", "used"} <= known.keys():
        return refusal
    openstack = services.openstack
    ask = {
        "compute": openstack.compute.get_quotas,
        "block-storage": openstack.block_storage.get_quotas,
        "network": openstack.network.get_quotas,
    }
    try:
        figures = ask[SERVICES[quota]]()[quota]
    except (exceptions.KicVmError, KeyError):
        return refusal
    return exceptions.QuotaExceeded(quota, **(known | figures._asdict()))


def check(ask: Callable[[], Mapping[str, Figures]], requested: Mapping[str, int]) -> None:
    """Refuse at once what would be found too much only after something was made.

    :param ask: a service's ``get_quotas``
    :param requested: how much more is wanted, by quota
    :raises QuotaExceeded: the project may not have so much
    """
    figures = ask()
    for quota, more in requested.items():
        if quota not in figures:  # the service counts none of it
            continue
        limit, used = figures[quota]
        if limit is not None and used + more > limit:
            raise exceptions.QuotaExceeded(quota, limit=limit, used=used, requested=more)
