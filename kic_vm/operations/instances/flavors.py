# SPDX-License-Identifier: Apache-2.0
"""Flavors: get, list, and ids by name."""

import json
import operator
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import flavors as mapping
from kic_vm.mappings.flavors import FlavorView
from kic_vm.operations import listing, recent_lists
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Flavor
from kic_vm.schemas.flavors import FlavorListQuerySchema

_KEY = "flavor-ids:"

_FILTERS: Final = listing.filters_of(FlavorListQuerySchema)


def _cached_ids(services: RequestServices) -> dict[str, str | None]:
    """The cached flavor ids by name; None for a name that has no flavor."""
    stored = services.app_state.local_cache.get(_KEY + services.project_id)
    cached_ids: dict[str, str | None] = json.loads(stored) if stored else {}
    return cached_ids


def _remember(services: RequestServices, ids: dict[str, str | None]) -> None:
    cached_ids = _cached_ids(services)
    if cached_ids | ids != cached_ids:
        app_state = services.app_state
        app_state.local_cache.set(
            _KEY + services.project_id,
            json.dumps(cached_ids | ids).encode(),
            app_state.conf.flavors.id_cache_time,
        )


def ids_by_name(services: RequestServices, names: Iterable[str]) -> dict[str, str]:
    """The ids of the flavors with these names; one upstream call only when a name is not cached.

    A name whose flavor is deleted, or hidden from the caller, is left out.
    """
    distinct_names = set(names)
    ids = _cached_ids(services)
    if not distinct_names <= ids.keys():
        if services.context.read_log is not None:
            services.context.read_log.note_more()  # the next read of a list needs no such call
        listed = {item["name"]: item["id"] for item in services.openstack.compute.list_flavors()}
        ids = dict.fromkeys(distinct_names) | listed
        _remember(services, ids)
    return {name: flavor_id for name in distinct_names if (flavor_id := ids[name])}


def get_nova_flavor(services: RequestServices, flavor_id: str) -> Flavor:
    """A flavor as Nova shows it; its id is cached by name. One upstream call."""
    flavor = services.openstack.compute.get_flavor(flavor_id)
    _remember(services, {flavor["name"]: flavor["id"]})
    return flavor


def get_flavor(services: RequestServices, flavor_id: str) -> FlavorView:
    """One flavor. One upstream call."""
    zones = services.app_state.translation.zones.names
    return mapping.flavor_from_flavor(get_nova_flavor(services, flavor_id), zones)


def list_flavors(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[FlavorView], Pagination]:
    """A page of the flavors. One upstream call."""
    return recent_lists.page(services, "flavors", _all_flavors, query, _FILTERS)


def _all_flavors(services: RequestServices) -> list[FlavorView]:
    flavors = services.openstack.compute.list_flavors()
    _remember(services, {flavor["name"]: flavor["id"] for flavor in flavors})
    zones = services.app_state.translation.zones.names
    shown = [mapping.flavor_from_flavor(flavor, zones) for flavor in flavors]
    # Nova does not tell when a flavor was made: the usual order is that of the names.
    shown.sort(key=operator.itemgetter("name"))
    return shown
