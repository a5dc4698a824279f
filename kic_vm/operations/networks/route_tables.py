"""Route tables and the subnets they apply to: a VPC has one, its main one."""

from collections.abc import Mapping
from typing import Any, NoReturn

from kic_vm import exceptions
from kic_vm.mappings import route_tables as mapping
from kic_vm.mappings.networks import Topology
from kic_vm.operations import listing
from kic_vm.operations.networks import topology
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "provisioning_status": listing.equals("provisioning_status"),
    "vpc_id": listing.equals("vpc_id"),
    "vpc_name": listing.contains("vpc_name"),
    "vpc_provisioning_status": listing.equals("vpc_provisioning_status"),
    "subnet_id": listing.any_equals("associations", "subnet_id"),
    "subnet_name": listing.any_equals("associations", "subnet_name"),
    "association_count": lambda item, wanted: str(len(item["associations"])) == wanted,
    "destination": listing.any_equals("routes", "destination"),
    "created_at": listing.dated("created_at"),
    "updated_at": listing.dated("updated_at"),
}
_ONE_TABLE = (
    "A VPC has one route table in this cloud, the main one: the subnets of two would not reach "
    "each other. "
)


def list_route_tables(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[JSON], JSON]:
    """A page of the project's route tables. 4 upstream calls side by side."""
    found, ports = topology.read_topology_with_ports(services)
    tables = [
        _shown(services, found, router, ports)
        for router in found.routers.values()
        if found.vpcs_of(router["id"])
    ]
    return listing.select(tables, query, _FILTERS)


def get_route_table(services: RequestServices, route_table_id: str) -> JSON:
    """One route table. 4 upstream calls side by side.

    :raises NotFound: the project has none of this id
    """
    found, ports = topology.read_topology_with_ports(services)
    return _shown(services, found, topology.find_router(found, route_table_id), ports)


def _shown(services: RequestServices, found: Topology, router: JSON, ports: list[JSON]) -> JSON:
    zones = services.app_state.translation.zones
    name = topology.project_name(services, router)
    return mapping.table_from_router(found, router, ports, zones, name)


def create_route_table(services: RequestServices, vpc_id: str) -> NoReturn:
    """Refuse a second route table.

    :raises InvalidRequest: the project has no such VPC
    :raises NotOffered: else
    """
    with as_invalid_request("vpc_id", "VPC", vpc_id):
        topology.find_own_network(services, topology.read_topology(services), vpc_id)
    raise exceptions.NotOffered(f"{_ONE_TABLE}Use that one.")


def delete_route_table(services: RequestServices, route_table_id: str) -> NoReturn:
    """Refuse: it is the main one, or subnets are associated with it.

    :raises NotFound: the project has none of this id
    :raises Conflict: else
    """
    found = topology.read_topology(services)
    router = topology.find_router(found, route_table_id)
    if _is_main(found, router):
        raise exceptions.Conflict(
            "This is the main route table of its VPC: it can only go with the VPC."
        )
    raise exceptions.Conflict("Subnets are associated with this route table.")


def set_main_route_table(services: RequestServices, route_table_id: str) -> None:
    """Have the main route table be the main one. 4 upstream calls side by side.

    :raises NotFound: the project has none of this id
    :raises NotOffered: it is another one, made in Neutron
    """
    found = topology.read_topology(services)
    if not _is_main(found, topology.find_router(found, route_table_id)):
        raise exceptions.NotOffered(f"{_ONE_TABLE}It stays what it is.")


def _is_main(found: Topology, router: JSON) -> bool:
    return any(
        found.main_router_of(network["id"]) == router for network in found.vpcs_of(router["id"])
    )


def list_associations(
    services: RequestServices, route_table_id: str, query: Mapping[str, Any]
) -> tuple[list[JSON], JSON]:
    """A page of a table's associations, by the subnets' names. 4 upstream calls side by side.

    :raises NotFound: the project has no such table
    """
    found = topology.read_topology(services)
    router = topology.find_router(found, route_table_id)
    associations = mapping.associations_of(found, router, services.app_state.translation.zones)
    in_attachment_order = {"sort_keys": ["subnet_name", "id"], "sort_dirs": ["asc"]}
    return listing.select(associations, {**query, **in_attachment_order}, {})


def update_association(
    services: RequestServices, route_table_id: str, association_id: str, target_id: str
) -> JSON:
    """Keep a subnet with its table. 4 upstream calls side by side.

    :raises NotFound: the project has no such table or association
    :raises InvalidRequest: the wanted table is none of the VPC's
    :raises NotOffered: it is another one of the VPC's, made in Neutron
    """
    found = topology.read_topology(services)
    router = topology.find_router(found, route_table_id)
    zones = services.app_state.translation.zones
    associations = mapping.associations_of(found, router, zones)
    wanted = next((one for one in associations if one["id"] == association_id), None)
    if wanted is None:
        raise exceptions.NotFound
    if target_id != route_table_id:
        with as_invalid_request("target_route_table_id", "route table", target_id):
            topology.find_router(found, target_id)
        if wanted["vpc_id"] not in {network["id"] for network in found.vpcs_of(target_id)}:
            raise exceptions.InvalidRequest(
                "target_route_table_id: this route table belongs to another VPC."
            )
        raise exceptions.NotOffered(f"{_ONE_TABLE}The subnet stays with it.")
    port = found.connection_of(wanted["subnet_id"]) or {}
    return mapping.kept_association(wanted, router, port)
