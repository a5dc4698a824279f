# SPDX-License-Identifier: Apache-2.0
"""Route tables: create, get, list, rename, delete, and set the main table of a VPC."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import networks as networks_mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings import route_tables as mapping
from kic_vm.mappings.networks import Topology
from kic_vm.mappings.route_tables import ChangedRouteTableView, RouteTableView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.networks import router_interfaces, vpc_routes
from kic_vm.operations.networks.topology import (
    find_own_network,
    find_router,
    project_name,
    read_topology,
    read_topology_with_ports,
)
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import Undo, all_or_nothing
from kic_vm.resources.network import Port, Router
from kic_vm.schemas.route_tables import RouteTableCreateBody, RouteTableListQuerySchema

_FILTERS: Final = listing.filters_of(
    RouteTableListQuerySchema,
    subnet_id=listing.any_equals("associations", "subnet_id"),
    subnet_name=listing.any_equals("associations", "subnet_name"),
    association_count=listing.Match(
        "associations", lambda table, count: str(len(table["associations"])) == count
    ),
    destination=listing.any_equals("routes", "destination"),
)


def list_route_tables(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[RouteTableView], Pagination]:
    """A page of the project's route tables. 4 upstream calls side by side."""
    return recent_lists.page(services, "route-tables", _all_route_tables, query, _FILTERS)


def _all_route_tables(services: RequestServices) -> list[RouteTableView]:
    topology, ports = read_topology_with_ports(services)
    return [
        _shown(services, topology, router, ports)
        for router in topology.routers.values()
        if topology.vpcs_of(router["id"])
    ]


def get_route_table(services: RequestServices, route_table_id: str) -> RouteTableView:
    """One route table. 4 upstream calls side by side.

    :raises NotFound: the project has no route table with this id
    """
    topology, ports = read_topology_with_ports(services)
    return _shown(services, topology, find_router(topology, route_table_id), ports)


def _shown(
    services: RequestServices, topology: Topology, router: Router, ports: list[Port]
) -> RouteTableView:
    zones = services.app_state.translation.zones
    name = project_name(services, router)
    return mapping.table_from_router(topology, router, ports, zones, name)


def create_route_table(
    services: RequestServices, body: RouteTableCreateBody
) -> ChangedRouteTableView:
    """Create a route table in addition to the main one, without internet gateway and subnets.

    5 upstream calls, the first 4 side by side. If the VPC has subnets, 2 more, and one for each
    subnet. Either all parts are created or none. With an Idempotency-Key there is one more call,
    and an unfinished earlier attempt is completed.

    :param body: ``name`` and ``vpc_id``
    :raises InvalidRequest: the project has no VPC with this id
    :raises Conflict: a subnet has no free address
    """
    vpc_id = str(body["vpc_id"])
    topology = read_topology(services)
    with as_invalid_request("vpc_id", "VPC", vpc_id):
        find_own_network(services, topology, vpc_id)
    openstack = services.openstack
    mark = networks_mapping.router_mark(vpc_id)
    description = request_marks.marked_description(mark, services.context.idempotent_request)
    router = earlier_attempts.find_described(
        services, description, openstack.network.list_described_routers
    )
    with all_or_nothing() as undo:
        if router is None:
            router = openstack.network.create_router(
                {"name": body["name"], "description": description}
            )
            undo(partial(openstack.network.delete_router, router["id"]))
        connect_everywhere(services, topology, router["id"], vpc_id, undo)
    return mapping.changed_table(router, vpc_id)


def connect_everywhere(
    services: RequestServices, topology: Topology, router_id: str, vpc_id: str, undo: Undo
) -> None:
    """Create the missing interfaces of a table's router in the VPC's subnets.

    No upstream call if none is missing; otherwise 2, and one for each interface.
    """
    missing = topology.unconnected_subnets_of(router_id, vpc_id)
    if missing:
        ports = services.openstack.network.list_ports_in(network_id=vpc_id)
        connections = [(router_id, subnet) for subnet in missing]
        router_interfaces.connect(services, connections, ports, undo)


def rename_route_table(
    services: RequestServices, route_table_id: str, name: str
) -> ChangedRouteTableView:
    """Rename a route table. 5 upstream calls, the first 4 side by side.

    :raises NotFound: the project has no route table with this id
    """
    topology = read_topology(services)
    find_router(topology, route_table_id)
    renamed = services.openstack.network.rename_router(route_table_id, name)
    return mapping.changed_table(renamed, topology.vpcs_of(route_table_id)[0]["id"])


def delete_route_table(services: RequestServices, route_table_id: str) -> None:
    """Delete a route table with its routes. 5 upstream calls, the first 4 side by side.

    One more for each subnet of the VPC, and one if the table has routes.

    :raises NotFound: the project has no route table with this id
    :raises Conflict: it is a main route table, subnets are associated with it, or another request
        has changed it since it was read
    """
    topology, ports = read_topology_with_ports(services)
    router = find_router(topology, route_table_id)
    if _is_main(topology, router):
        raise exceptions.Conflict(
            "The main route table of a VPC cannot be deleted: make another one the main one first."
        )
    associated = [subnet for subnet, _port in topology.connections_of(route_table_id)]
    if associated:
        names = ", ".join(f"{subnet['name']} ({subnet['id']})" for subnet in associated[:3])
        more = f" and {len(associated) - 3} more" if len(associated) > 3 else ""
        raise exceptions.Conflict(
            f"Subnets are associated with this route table: {names}{more}. Associate them with "
            "another one first."
        )
    openstack = services.openstack
    own = [port for port in ports if route_table_id in router_interfaces.routers_of(port)]
    with all_or_nothing() as undo:
        vpc_routes.keep_routes(services, router, [], undo)
        router_interfaces.disconnect_all(services, topology.subnets, own, undo)
        openstack.network.delete_router(route_table_id)


def set_main_route_table(services: RequestServices, route_table_id: str) -> None:
    """Make a route table its VPC's main table, which new subnets are associated with.

    4 upstream calls side by side, and one more if it is not yet the main table.

    :raises NotFound: the project has no route table with this id
    :raises Forbidden: another project shares the VPC
    """
    topology = read_topology(services)
    router = find_router(topology, route_table_id)
    if _is_main(topology, router):
        return
    vpc_id = topology.vpcs_of(route_table_id)[0]["id"]
    network = find_own_network(services, topology, vpc_id)
    with all_or_nothing() as undo:
        connect_everywhere(services, topology, route_table_id, vpc_id, undo)
        tags = networks_mapping.tags_with_main(network, route_table_id)
        services.openstack.network.set_tags("networks", vpc_id, tags)


def _is_main(topology: Topology, router: Router) -> bool:
    return any(
        topology.main_router_of(network["id"]) == router
        for network in topology.vpcs_of(router["id"])
    )
