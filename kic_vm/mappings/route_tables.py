# SPDX-License-Identifier: Apache-2.0
"""Neutron router -> route table of the contract, with its routes and associations."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from kic_vm.mappings.networks import Topology, is_router_for, provisioning_status, zone_of
from kic_vm.mappings.times import utc
from kic_vm.mappings.zones import Zones
from kic_vm.resources.network import Port, Router, Subnet

EVERYWHERE: Final = "0.0.0.0/0"
_NAMESPACE: Final = uuid.UUID("2b7c4a52-8d6e-5f31-9f0a-6c1d3e5b7a90")


class RouteView(TypedDict):
    """A route of a route table; see RouteSchema."""

    id: str
    destination: str
    provisioning_status: str
    target_type: str | None
    target_name: str | None
    target_id: str | None
    is_local_route: bool


class TableRoute(RouteView):
    """A route with the address that it leads to; None for local routes and gateways."""

    next_hop: str | None


class ChangedRouteView(TypedDict):
    """A route in the responses to create and update; see ChangedRouteSchema."""

    id: str
    provisioning_status: str
    destination: str
    is_local_route: bool


class AssociationView(TypedDict):
    """A subnet that is associated with a route table; see AssociationSchema."""

    id: str
    provisioning_status: str
    vpc_id: str
    vpc_name: str
    subnet_id: str
    subnet_name: str
    subnet_cidr_block: str
    availability_zone: str


class ChangedAssociationView(TypedDict):
    """An association in the response to an update; see ChangedAssociationSchema."""

    id: str
    route_table_id: str
    vpc_id: str
    provisioning_status: str
    subnet_id: str
    project_id: str
    description: str
    created_at: str
    updated_at: str


class ChangedRouteTableView(TypedDict):
    """A route table in the responses to create and rename; see ChangedRouteTableSchema."""

    id: str
    name: str
    vpc_id: str
    provisioning_status: str
    project_id: str
    created_at: str
    updated_at: str


class RouteTableView(TypedDict):
    """A route table in the responses to get and list; see RouteTableSchema."""

    id: str
    name: str
    associations: list[AssociationView]
    routes: list[RouteView]
    vpc_id: str
    provisioning_status: str
    vpc_name: str
    vpc_provisioning_status: str
    project_id: str
    project_name: str | None
    is_main: bool
    created_at: str
    updated_at: str


def _route_id(router: Router, destination: str, where: str) -> str:
    """The id of a route: stable while the route exists, because Neutron's routes have no ids."""
    return str(uuid.uuid5(_NAMESPACE, f"{router['id']} {destination} {where}"))


def _route(
    router: Router,
    destination: str,
    where: str,
    *,
    target_type: str | None = None,
    target_name: str | None = None,
    target_id: str | None = None,
    is_local_route: bool = False,
    next_hop: str | None = None,
) -> TableRoute:
    return {
        "id": _route_id(router, destination, where),
        "destination": destination,
        "provisioning_status": "ACTIVE",
        "target_type": target_type,
        "target_name": target_name,
        "target_id": target_id,
        "is_local_route": is_local_route,
        "next_hop": next_hop,
    }


def routes_of(topology: Topology, router: Router, devices: Mapping[str, str]) -> list[TableRoute]:
    """All routes of a table: local routes, the internet gateway's, and those to instances.

    Besides the contract's fields, each route has ``next_hop``: an address or None.

    :param devices: instance ids by their addresses
    """
    vpc_ids = [network["id"] for network in topology.vpcs_of(router["id"])]
    routes = [
        _route(router, cidr_block, "local", target_type="local", is_local_route=True)
        for cidr_block in dict.fromkeys(topology.range_of(vpc_id) for vpc_id in vpc_ids)
    ]
    if router["external_gateway_info"]:
        routes.append(
            _route(
                router,
                EVERYWHERE,
                "igw",
                target_type="igw",
                target_id=vpc_ids[0],
                target_name=router["name"],
            )
        )
    for route in router["routes"]:
        next_hop = route["nexthop"]
        is_instance = next_hop in devices
        routes.append(
            _route(
                router,
                route["destination"],
                next_hop,
                target_type="instance" if is_instance else None,
                target_id=devices.get(next_hop),
                target_name=None if is_instance else next_hop,
                next_hop=next_hop,
            )
        )
    return routes


def instances_by_address(
    topology: Topology, router: Router, ports: Iterable[Port]
) -> dict[str, str]:
    """The ids of the instances in a router's VPCs, by address."""
    networks = {network["id"] for network in topology.vpcs_of(router["id"])}
    return {
        fixed["ip_address"]: port["device_id"]
        for port in ports
        if port["network_id"] in networks and port["device_owner"].startswith("compute:")
        for fixed in port["fixed_ips"]
    }


def associations_of(topology: Topology, router: Router, zones: Zones) -> list[AssociationView]:
    """The subnets that a table applies to.

    Each subnet has one association, which keeps its id in whichever table it is: the subnet's.
    """
    return [
        {
            "id": subnet["id"],
            "provisioning_status": "ACTIVE",
            "vpc_id": subnet["network_id"],
            "vpc_name": topology.networks[subnet["network_id"]]["name"],
            "subnet_id": subnet["id"],
            "subnet_name": subnet["name"],
            "subnet_cidr_block": subnet["cidr"],
            "availability_zone": zone_of(subnet, zones),
        }
        for subnet, _port in topology.connections_of(router["id"])
    ]


def changed_association(subnet: Subnet, router_id: str, port: Port) -> ChangedAssociationView:
    """The contract's answer to an update: a subnet and its route table.

    :param port: of the table's router in the subnet
    """
    return {
        "id": subnet["id"],
        "route_table_id": router_id,
        "vpc_id": subnet["network_id"],
        "provisioning_status": "ACTIVE",
        "subnet_id": subnet["id"],
        "project_id": port["project_id"],
        "description": "",
        "created_at": utc(port["created_at"]),
        "updated_at": utc(port["updated_at"]),
    }


def changed_table(router: Router, vpc_id: str) -> ChangedRouteTableView:
    """The contract's answer to a create or rename."""
    return {
        "id": router["id"],
        "name": router["name"],
        "vpc_id": vpc_id,
        "provisioning_status": provisioning_status(router),
        "project_id": router["project_id"],
        "created_at": utc(router["created_at"]),
        "updated_at": utc(router["updated_at"]),
    }


def table_from_router(
    topology: Topology,
    router: Router,
    ports: Iterable[Port],
    zones: Zones,
    project_name: str | None,
) -> RouteTableView:
    """The contract's route table in the responses to get and list.

    A router that connects several VPCs is shown with the first one.

    :param ports: the project's ports, including those of its instances
    """
    network = topology.vpcs_of(router["id"])[0]
    main = topology.main_router_of(network["id"])
    devices = instances_by_address(topology, router, ports)
    return {
        "id": router["id"],
        "name": router["name"],
        "associations": associations_of(topology, router, zones),
        "routes": [shown_route(route) for route in routes_of(topology, router, devices)],
        "vpc_id": network["id"],
        "provisioning_status": _status(topology, router, network["id"]),
        "vpc_name": network["name"],
        "vpc_provisioning_status": provisioning_status(network),
        "project_id": router["project_id"],
        "project_name": project_name,
        "is_main": main is not None and main["id"] == router["id"],
        "created_at": utc(router["created_at"]),
        "updated_at": utc(router["updated_at"]),
    }


def _status(topology: Topology, router: Router, network_id: str) -> str:
    """How far a table has come: one that was made here is ready when it reaches what the main does.

    A subnet that was made in Neutron and connected to no router is nothing to wait for.
    """
    main = topology.main_router_of(network_id)
    if main is None or not is_router_for(router, network_id):
        return provisioning_status(router)
    unreached = topology.unconnected_subnets_of(main["id"], network_id)
    missing = topology.unconnected_subnets_of(router["id"], network_id)
    is_ready = all(subnet in unreached for subnet in missing)
    return provisioning_status(router) if is_ready else "PENDING_UPDATE"


def shown_route(route: TableRoute) -> RouteView:
    """A route as its route table shows it."""
    return {
        "id": route["id"],
        "destination": route["destination"],
        "provisioning_status": route["provisioning_status"],
        "target_type": route["target_type"],
        "target_name": route["target_name"],
        "target_id": route["target_id"],
        "is_local_route": route["is_local_route"],
    }


def changed_route(route: TableRoute) -> ChangedRouteView:
    """The contract's response to a new or updated route."""
    return {
        "id": route["id"],
        "provisioning_status": route["provisioning_status"],
        "destination": route["destination"],
        "is_local_route": route["is_local_route"],
    }
