"""Flavors: get, list, and which id belongs to a name."""

import json
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from kic_vm.mappings import flavors as mapping
from kic_vm.operations import listing
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

_KEY = "flavor-ids:"

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "is_burstable": listing.equals("is_burstable"),
    "vcpus": listing.equals("vcpus"),
    "architecture": listing.equals("architecture"),
    "memory_mb": listing.equals("memory_mb"),
    "instance_type": listing.equals("instance_type"),
    "instance_family": listing.equals("instance_family"),
    "instance_size": listing.equals("instance_size"),
    "manufacturer": listing.equals("manufacturer"),
    "maximum_network_interfaces": listing.equals("maximum_network_interfaces"),
    "processor": listing.equals("processor"),
}


def _known_ids(services: RequestServices) -> dict[str, str | None]:
    """Flavor ids by name, as far as they are remembered; None for a name that has none."""
    stored = services.app_state.local_cache.get(_KEY + services.project_id)
    known: dict[str, str | None] = json.loads(stored) if stored else {}
    return known


def _remember(services: RequestServices, ids: dict[str, str | None]) -> None:
    known = _known_ids(services)
    if known | ids != known:
        app_state = services.app_state
        app_state.local_cache.set(
            _KEY + services.project_id,
            json.dumps(known | ids).encode(),
            app_state.conf.flavors.id_cache_time,
        )


def ids_by_name(services: RequestServices, names: Iterable[str]) -> dict[str, str]:
    """Ids of the flavors of these names; costs a call only where a name is new.

    A name whose flavor is gone, or hidden from the caller, is left out.
    """
    wanted = set(names)
    known = _known_ids(services)
    if not wanted <= known.keys():
        listed = {item["name"]: item["id"] for item in services.openstack.compute.list_flavors()}
        known = dict.fromkeys(wanted) | listed
        _remember(services, known)
    return {name: flavor_id for name in wanted if (flavor_id := known[name])}


def get_nova_flavor(services: RequestServices, flavor_id: str) -> JSON:
    """Nova's flavor, its id remembered. One upstream call."""
    flavor = services.openstack.compute.get_flavor(flavor_id)
    _remember(services, {flavor["name"]: flavor["id"]})
    return flavor


def get_flavor(services: RequestServices, flavor_id: str) -> JSON:
    """One flavor. One upstream call."""
    zones = services.app_state.translation.zones.names
    return mapping.flavor_from_flavor(get_nova_flavor(services, flavor_id), zones)


def list_flavors(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the flavors. One upstream call."""
    flavors = services.openstack.compute.list_flavors()
    _remember(services, {flavor["name"]: flavor["id"] for flavor in flavors})
    zones = services.app_state.translation.zones.names
    shown = [mapping.flavor_from_flavor(flavor, zones) for flavor in flavors]
    # Nova does not tell when a flavor was made: the usual order is that of the names.
    shown.sort(key=operator.itemgetter("name"))
    return listing.select(shown, query, _FILTERS)
