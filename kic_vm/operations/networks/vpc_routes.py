# SPDX-License-Identifier: Apache-2.0
"""Routes of a route table: add, change, delete."""

import ipaddress
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.network import ROUTER_INTERFACES
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import route_tables as mapping
from kic_vm.mappings.networks import Topology
from kic_vm.mappings.route_tables import ChangedRouteView, TableRoute
from kic_vm.operations import earlier_attempts
from kic_vm.operations.networks import external_networks
from kic_vm.operations.networks.topology import find_router, read_topology, read_topology_with_ports
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import Undo
from kic_vm.resources.network import Port, Route, Router, RouterChanges
from kic_vm.schemas.route_tables import RouteChangeBody


def add_route(
    services: RequestServices, route_table_id: str, new_route: RouteChangeBody
) -> ChangedRouteView:
    """Add a route. 5 upstream calls, the first 4 side by side; one more for a gateway.

    :param new_route: RouteChangeSchema, loaded
    :raises Conflict: the table already has a route to this destination
    """
    topology, ports = read_topology_with_ports(services)
    router = find_router(topology, route_table_id)
    routes = mapping.routes_of(topology, router, {})
    if earlier_attempts.is_repeated(services) and _has_route(topology, ports, router, new_route):
        return _changed(topology, router, new_route)
    earlier_attempts.note_absence(services)
    _refuse_twice(routes, new_route)
    changes = _with(services, topology, ports, router, new_route)
    changed = services.openstack.network.update_router(router, changes)
    return _changed(topology, changed, new_route)


def update_route(
    services: RequestServices, route_table_id: str, route_id: str, new_route: RouteChangeBody
) -> ChangedRouteView:
    """Replace a route in one step. As many upstream calls as adding a route.

    :raises NotFound: the table has no route with this id
    :raises Conflict: it is the local route, or another route has the destination
    """
    topology, ports = read_topology_with_ports(services)
    router = find_router(topology, route_table_id)
    routes = mapping.routes_of(topology, router, {})
    old = _find(routes, route_id)
    _refuse_twice([route for route in routes if route is not old], new_route)
    without = _without(router, old)
    rest: Router = {**router, "routes": without.get("routes", router["routes"])}
    added = _with(services, topology, ports, rest, new_route)
    changed = services.openstack.network.update_router(router, without | added)
    return _changed(topology, changed, new_route)


def delete_route(services: RequestServices, route_table_id: str, route_id: str) -> None:
    """Delete a route. 5 upstream calls, the first 4 side by side.

    :raises NotFound: the table has no route with this id
    :raises Conflict: it is the local route, or public IPs need it
    """
    topology = read_topology(services)
    router = find_router(topology, route_table_id)
    old = _find(mapping.routes_of(topology, router, {}), route_id)
    services.openstack.network.update_router(router, _without(router, old))


def keep_routes(services: RequestServices, router: Router, routes: list[Route], undo: Undo) -> None:
    """Remove the other routes of a router. One upstream call if there are any, else none.

    The rollback adds the removed routes to those that the router has by then.

    :raises Conflict: the router has changed since it was read
    """
    removed = [route for route in router["routes"] if route not in routes]
    if removed:
        services.openstack.network.update_router(router, {"routes": routes})
        undo(partial(_restore, services, router["id"], removed))


def _restore(services: RequestServices, router_id: str, removed: list[Route]) -> None:
    # Connecting and disconnecting subnets also changes the revision, so the router is read again.
    router = services.openstack.network.get_router(router_id)
    missing = [route for route in removed if route not in router["routes"]]
    changes: RouterChanges = {"routes": [*router["routes"], *missing]}
    services.openstack.network.update_router(router, changes)


def _find(routes: list[TableRoute], route_id: str) -> TableRoute:
    route = next((route for route in routes if route["id"] == route_id), None)
    if route is None:
        raise exceptions.NotFound
    if route["is_local_route"]:
        raise exceptions.Conflict("The local route stays as long as the VPC.")
    return route


def _has_route(
    topology: Topology, ports: list[Port], router: Router, new_route: RouteChangeBody
) -> bool:
    """Whether a router already has a route with the same destination and target."""
    if new_route["route_type"] == "igw":
        is_default = new_route["destination"] == mapping.EVERYWHERE
        return is_default and bool(router["external_gateway_info"])
    next_hop = _address_of(topology, ports, router, str(new_route["target_id"]))
    return {"destination": new_route["destination"], "nexthop": next_hop} in router["routes"]


def _refuse_twice(routes: list[TableRoute], new_route: RouteChangeBody) -> None:
    if new_route["destination"] in {route["destination"] for route in routes}:
        raise exceptions.AlreadyExists(
            f"The route table already has a route to {new_route['destination']}."
        )


def _without(router: Router, route: TableRoute) -> RouterChanges:
    """The changes to a router that remove a route."""
    if route["next_hop"] is None:
        return {"external_gateway_info": {}}
    gone = (route["destination"], route["next_hop"])
    left = [kept for kept in router["routes"] if (kept["destination"], kept["nexthop"]) != gone]
    return {"routes": left}


def _with(
    services: RequestServices,
    topology: Topology,
    ports: list[Port],
    router: Router,
    new_route: RouteChangeBody,
) -> RouterChanges:
    """The changes to a router that add a route."""
    if new_route["route_type"] == "tgw":
        raise exceptions.InvalidRequest(
            "route_type: this cloud has no transit gateways; use igw or instance."
        )
    if new_route["route_type"] == "igw":
        return _with_gateway(services, topology, router, new_route)
    next_hop = _address_of(topology, ports, router, str(new_route["target_id"]))
    route: Route = {"destination": new_route["destination"], "nexthop": next_hop}
    return {"routes": [*router["routes"], route]}


def _with_gateway(
    services: RequestServices, topology: Topology, router: Router, new_route: RouteChangeBody
) -> RouterChanges:
    vpc_ids = [network["id"] for network in topology.vpcs_of(router["id"])]
    tables = {table["id"] for vpc_id in vpc_ids for table in topology.routers_of(vpc_id)}
    # Earlier versions showed the id of the main route table as the gateway's id.
    if str(new_route["target_id"]) not in {*vpc_ids, *tables}:
        raise exceptions.InvalidField(
            "target_id", f"the internet gateway of this VPC has the VPC's id, {vpc_ids[0]}."
        )
    if new_route["destination"] != mapping.EVERYWHERE:
        raise exceptions.InvalidField(
            "destination", f"to an internet gateway it must be {mapping.EVERYWHERE}."
        )
    way_out = external_networks.choose(
        services, services.openstack.network.list_external_networks()
    )
    if way_out is None:
        raise exceptions.Conflict("This cloud has no way to the internet: ask its operator.")
    return {"external_gateway_info": {"network_id": way_out}}


def _address_of(topology: Topology, ports: list[Port], router: Router, instance_id: str) -> str:
    """The address of an instance's only network interface in a router's VPCs."""
    of_instance = [
        port
        for port in ports
        if port["device_id"] == instance_id and port["device_owner"] not in ROUTER_INTERFACES
    ]
    if len(of_instance) > 1:
        raise exceptions.InvalidField(
            "target_id", "this instance has several network interfaces: a route cannot lead to it."
        )
    vpcs = {network["id"] for network in topology.vpcs_of(router["id"])}
    for port in of_instance:
        for fixed in port["fixed_ips"] if port["network_id"] in vpcs else ():
            if ipaddress.ip_address(fixed["ip_address"]).version == 4:
                return fixed["ip_address"]
    raise exceptions.InvalidField(
        "target_id",
        f"there is no instance {instance_id} in the route table's VPC.",
        FieldErrorCode.NOT_FOUND,
    )


def _changed(topology: Topology, router: Router, new_route: RouteChangeBody) -> ChangedRouteView:
    routes = mapping.routes_of(topology, router, {})
    return next(
        mapping.changed_route(route)
        for route in routes
        if route["destination"] == new_route["destination"] and not route["is_local_route"]
    )
