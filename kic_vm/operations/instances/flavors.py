"""Flavors: get, list, and which id belongs to a name."""

import json
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from kic_vm.mappings import flavors as mapping
from kic_vm.operations import listing
from kic_vm.operations.request import Scope

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


def _known_ids(scope: Scope) -> dict[str, str | None]:
    """Flavor ids by name, as far as they are remembered; None for a name that has none."""
    stored = scope.platform.near.get(_KEY + scope.project_id)
    known: dict[str, str | None] = json.loads(stored) if stored else {}
    return known


def _remember(scope: Scope, ids: dict[str, str | None]) -> None:
    known = _known_ids(scope)
    if known | ids != known:
        platform = scope.platform
        platform.near.set(
            _KEY + scope.project_id,
            json.dumps(known | ids).encode(),
            platform.conf.flavors.id_cache_time,
        )


def ids_by_name(scope: Scope, names: Iterable[str]) -> dict[str, str]:
    """Ids of the flavors of these names; costs a call only where a name is new.

    A name whose flavor is gone, or hidden from the caller, is left out.
    """
    wanted = set(names)
    known = _known_ids(scope)
    if not wanted <= known.keys():
        listed = {item["name"]: item["id"] for item in scope.openstack.compute.list_flavors()}
        known = dict.fromkeys(wanted) | listed
        _remember(scope, known)
    return {name: flavor_id for name in wanted if (flavor_id := known[name])}


def look_up(scope: Scope, flavor_id: str) -> JSON:
    """Nova's flavor, its id remembered. One upstream call."""
    flavor = scope.openstack.compute.get_flavor(flavor_id)
    _remember(scope, {flavor["name"]: flavor["id"]})
    return flavor


def get_flavor(scope: Scope, flavor_id: str) -> JSON:
    """One flavor. One upstream call."""
    zones = scope.platform.translation.zones.names
    return mapping.flavor_from_flavor(look_up(scope, flavor_id), zones)


def list_flavors(scope: Scope, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the flavors. One upstream call."""
    flavors = scope.openstack.compute.list_flavors()
    _remember(scope, {flavor["name"]: flavor["id"] for flavor in flavors})
    zones = scope.platform.translation.zones.names
    shown = [mapping.flavor_from_flavor(flavor, zones) for flavor in flavors]
    # Nova does not tell when a flavor was made: the usual order is that of the names.
    shown.sort(key=operator.itemgetter("name"))
    return listing.select(shown, query, _FILTERS)
