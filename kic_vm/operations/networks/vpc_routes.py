"""Routes of a route table: add, change, delete."""

import ipaddress
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.network import ROUTER_INTERFACES
from kic_vm.mappings import route_tables as mapping
from kic_vm.mappings.networks import Topology
from kic_vm.operations import earlier_attempts
from kic_vm.operations.networks import external_networks, topology
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


def add_route(services: RequestServices, route_table_id: str, wanted: JSON) -> JSON:
    """Add a route. 5 upstream calls, the first 4 side by side; one more for a gateway.

    :param wanted: RouteSchema, loaded
    :raises Conflict: the table already has a route to this destination
    """
    found, ports = topology.read_topology_with_ports(services)
    router = topology.find_router(found, route_table_id)
    routes = mapping.routes_of(found, router, {})
    if earlier_attempts.is_repeated(services) and _has_route(found, ports, router, wanted):
        return _changed(found, router, wanted)
    earlier_attempts.note_absence(services)
    _refuse_twice(routes, wanted)
    changes = _with(services, found, ports, router, wanted)
    changed = services.openstack.network.update_router(router, changes)
    return _changed(found, changed, wanted)


def update_route(
    services: RequestServices, route_table_id: str, route_id: str, wanted: JSON
) -> JSON:
    """Replace a route in one step. As many upstream calls as adding a route.

    :raises NotFound: the table has no route with this id
    :raises Conflict: it is the local route, or another route has the destination
    """
    found, ports = topology.read_topology_with_ports(services)
    router = topology.find_router(found, route_table_id)
    routes = mapping.routes_of(found, router, {})
    old = _find(routes, route_id)
    _refuse_twice([route for route in routes if route is not old], wanted)
    without = _without(router, old)
    added = _with(services, found, ports, router | without, wanted)
    changed = services.openstack.network.update_router(router, without | added)
    return _changed(found, changed, wanted)


def delete_route(services: RequestServices, route_table_id: str, route_id: str) -> None:
    """Delete a route. 5 upstream calls, the first 4 side by side.

    :raises NotFound: the table has no route with this id
    :raises Conflict: it is the local route, or public IPs need it
    """
    found = topology.read_topology(services)
    router = topology.find_router(found, route_table_id)
    old = _find(mapping.routes_of(found, router, {}), route_id)
    services.openstack.network.update_router(router, _without(router, old))


def _find(routes: list[JSON], route_id: str) -> JSON:
    route = next((route for route in routes if route["id"] == route_id), None)
    if route is None:
        raise exceptions.NotFound
    if route["is_local_route"]:
        raise exceptions.Conflict("The local route stays as long as the VPC.")
    return route


def _has_route(found: Topology, ports: list[JSON], router: JSON, wanted: JSON) -> bool:
    """Whether a router already has a route with the same destination and target."""
    if wanted["route_type"] == "igw":
        is_default = wanted["destination"] == mapping.EVERYWHERE
        return is_default and bool(router["external_gateway_info"])
    next_hop = _address_of(found, ports, router, str(wanted["target_id"]))
    return {"destination": wanted["destination"], "nexthop": next_hop} in router["routes"]


def _refuse_twice(routes: list[JSON], wanted: JSON) -> None:
    if wanted["destination"] in {route["destination"] for route in routes}:
        raise exceptions.AlreadyExists(
            f"The route table already has a route to {wanted['destination']}."
        )


def _without(router: JSON, route: JSON) -> JSON:
    """The changes to a router that remove a route."""
    if route["next_hop"] is None:
        return {"external_gateway_info": {}}
    gone = (route["destination"], route["next_hop"])
    left = [one for one in router["routes"] if (one["destination"], one["nexthop"]) != gone]
    return {"routes": left}


def _with(
    services: RequestServices, found: Topology, ports: list[JSON], router: JSON, wanted: JSON
) -> JSON:
    """The changes to a router that add a route."""
    if wanted["route_type"] == "tgw":
        raise exceptions.NotOffered("route_type: there are no transit gateways in this cloud.")
    if wanted["route_type"] == "igw":
        return _with_gateway(services, found, router, wanted)
    next_hop = _address_of(found, ports, router, str(wanted["target_id"]))
    route = {"destination": wanted["destination"], "nexthop": next_hop}
    return {"routes": [*router["routes"], route]}


def _with_gateway(services: RequestServices, found: Topology, router: JSON, wanted: JSON) -> JSON:
    vpc_ids = [network["id"] for network in found.vpcs_of(router["id"])]
    tables = {table["id"] for vpc_id in vpc_ids for table in found.routers_of(vpc_id)}
    # Earlier versions showed the id of the main route table as the gateway's id.
    if str(wanted["target_id"]) not in {*vpc_ids, *tables}:
        raise exceptions.InvalidRequest(
            f"target_id: the internet gateway of this VPC has the VPC's id, {vpc_ids[0]}."
        )
    if wanted["destination"] != mapping.EVERYWHERE:
        raise exceptions.InvalidRequest(
            f"destination: to an internet gateway it must be {mapping.EVERYWHERE}."
        )
    way_out = external_networks.choose(
        services, services.openstack.network.list_external_networks()
    )
    if way_out is None:
        raise exceptions.Conflict("This cloud has no way to the internet: ask its operator.")
    return {"external_gateway_info": {"network_id": way_out}}


def _address_of(found: Topology, ports: list[JSON], router: JSON, instance_id: str) -> str:
    """The address of an instance's only network interface in a router's VPCs."""
    of_instance = [
        port
        for port in ports
        if port["device_id"] == instance_id and port["device_owner"] not in ROUTER_INTERFACES
    ]
    if len(of_instance) > 1:
        raise exceptions.InvalidRequest(
            "target_id: this instance has several network interfaces: a route cannot lead to it."
        )
    vpcs = {network["id"] for network in found.vpcs_of(router["id"])}
    for port in of_instance:
        for fixed in port["fixed_ips"] if port["network_id"] in vpcs else ():
            if ipaddress.ip_address(fixed["ip_address"]).version == 4:
                address: str = fixed["ip_address"]
                return address
    raise exceptions.InvalidRequest(
        f"target_id: there is no instance {instance_id} in the route table's VPC."
    )


def _changed(found: Topology, router: JSON, wanted: JSON) -> JSON:
    routes = mapping.routes_of(found, router, {})
    return next(
        mapping.changed_route(route)
        for route in routes
        if route["destination"] == wanted["destination"] and not route["is_local_route"]
    )
