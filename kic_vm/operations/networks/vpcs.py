# SPDX-License-Identifier: Apache-2.0
"""VPCs: create, get, list, rename, delete."""

import ipaddress
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import networks as networks_mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings import vpcs as mapping
from kic_vm.mappings.vpcs import ChangedVpcView, VpcView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.networks import (
    external_networks,
    router_interfaces,
    subnet_create,
    vpc_routes,
)
from kic_vm.operations.networks.topology import (
    find_own_network,
    find_visible,
    project_name,
    read_topology,
)
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing, remains_noted
from kic_vm.resources.network import Network, NetworkRequest, Route, Router, RouterRequest, Subnet
from kic_vm.schemas.vpcs import FirstSubnetBody, VpcCreateBody, VpcListQuerySchema

_FILTERS: Final = listing.filters_of(VpcListQuerySchema)


def list_vpcs(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[VpcView], Pagination]:
    """A page of the VPCs visible to the project. 4 upstream calls side by side."""
    return recent_lists.page(services, "vpcs", _all_vpcs, query, _FILTERS)


def _all_vpcs(services: RequestServices) -> list[VpcView]:
    topology = read_topology(services)
    return [_shown(services, topology, network) for network in topology.networks.values()]


def get_vpc(services: RequestServices, vpc_id: str) -> VpcView:
    """One VPC. 4 upstream calls side by side.

    :raises NotFound: no VPC with this id is visible to the project
    """
    topology = read_topology(services)
    return _shown(services, topology, find_visible(topology.networks, vpc_id))


def _shown(
    services: RequestServices, topology: networks_mapping.Topology, network: Network
) -> VpcView:
    return mapping.vpc_from_network(topology, network, project_name(services, network))


def create_vpc(services: RequestServices, body: VpcCreateBody) -> ChangedVpcView:
    """Create a VPC with its route table, first subnet and, if possible, internet gateway.

    4 upstream calls, and 3 for a subnet. Either all parts are created or none. With an
    Idempotency-Key there is one more call, and an unfinished earlier attempt is completed.

    :raises InvalidRequest: the subnet is outside the VPC's range
    """
    cidr_block, subnet = body["cidr_block"], body["subnet"]
    if subnet:
        subnet_create.check_range(services, "subnet.cidr_block", subnet, cidr_block)
    openstack = services.openstack
    description = request_marks.marked_description("", services.context.idempotent_request)
    existing = earlier_attempts.find_described(
        services, description, openstack.network.list_described_networks
    )
    if existing:
        _finish(services, existing, body)
        return mapping.changed_vpc(existing, cidr_block)
    way_out = external_networks.choose(
        services, services.openstack.network.list_external_networks()
    )
    with all_or_nothing() as undo:
        network = openstack.network.create_network(_network(body["name"], description))
        undo(partial(openstack.network.delete_network, network["id"]))
        openstack.network.set_tags(
            "networks", network["id"], [networks_mapping.cidr_tag(cidr_block)]
        )
        # Find the router by its mark: after a timeout, Neutron may still have created it.
        undo(partial(_remove_routers, services, network["id"]))
        router = _create_router(services, body["name"], network["id"], way_out)
        if subnet:
            _make_first_subnet(services, body["name"], subnet, network["id"], [router])
    return mapping.changed_vpc(network, cidr_block)


def _network(name: str, description: str) -> NetworkRequest:
    return {"name": name, "description": description} if description else {"name": name}


def _make_first_subnet(
    services: RequestServices,
    vpc_name: str,
    subnet: FirstSubnetBody,
    network_id: str,
    routers: list[Router],
) -> None:
    subnet_create.make(
        services,
        f"{vpc_name}-subnet",
        network_id,
        subnet,
        routers,
        networks_mapping.FIRST_SUBNET_TAG,
    )


def _finish(services: RequestServices, network: Network, body: VpcCreateBody) -> None:
    """Create the missing parts of a VPC that an earlier attempt began."""
    openstack = services.openstack
    earlier_attempts.note_absence(services)
    if networks_mapping.declared_range(network) is None:
        tags = [networks_mapping.cidr_tag(body["cidr_block"])]
        openstack.network.set_tags("networks", network["id"], tags)
    routers = _routers_made_for(services, network["id"])
    if not routers:
        external = services.openstack.network.list_external_networks()
        way_out = external_networks.choose(services, external)
        routers = [_create_router(services, body["name"], network["id"], way_out)]
    if body["subnet"]:
        _make_first_subnet(services, body["name"], body["subnet"], network["id"], routers[:1])


def _create_router(
    services: RequestServices, name: str, network_id: str, way_out: str | None
) -> Router:
    router: RouterRequest = {"name": name, "description": networks_mapping.router_mark(network_id)}
    if way_out:
        router["external_gateway_info"] = {"network_id": way_out}
    try:
        return services.openstack.network.create_router(router)
    except exceptions.Conflict as error:
        raise exceptions.Conflict(
            "There is no address left for the VPC's way to the internet: ask the cloud's operator."
        ) from error


def _remove_routers(services: RequestServices, network_id: str) -> int:
    """Delete the routers created for a VPC, which have no subnets; the number of routers."""
    routers = _routers_made_for(services, network_id)
    for router in routers:
        services.openstack.network.delete_router(router["id"])
    return len(routers)


def _routers_made_for(services: RequestServices, network_id: str) -> list[Router]:
    routers = services.openstack.network.list_routers()
    return [router for router in routers if networks_mapping.is_router_for(router, network_id)]


def rename_vpc(services: RequestServices, vpc_id: str, name: str) -> ChangedVpcView:
    """Rename a VPC; its route table keeps its name. 5 upstream calls.

    :raises NotFound: the project has no VPC with this id
    """
    topology = read_topology(services)
    find_own_network(services, topology, vpc_id)
    renamed = services.openstack.network.rename_network(vpc_id, name)
    return mapping.changed_vpc(renamed, topology.range_of(vpc_id))


def delete_vpc(services: RequestServices, vpc_id: str) -> None:
    """Delete a VPC with its route tables, and with the empty subnet created with it.

    8 upstream calls, the first 5 side by side. Each route table takes one more if there is a
    subnet, and each route table except the main one takes another.

    :raises Conflict: the VPC has subnets or network interfaces, or another request has changed a
        route table since it was read
    """
    openstack = services.openstack
    topology, ports = gather_reads(
        partial(read_topology, services),
        partial(openstack.network.list_ports_in, network_id=vpc_id),
    )
    # That the list lacks the network does not prove that it is deleted.
    if vpc_id not in topology.networks and openstack.network.find_network(vpc_id) is None:
        if _remove_routers(services, vpc_id):
            return  # an earlier attempt deleted the network; only these parts were left
        raise exceptions.NotFound
    find_own_network(services, topology, vpc_id)
    subnet_create.refuse_while_in_use("VPC", ports)
    _refuse_while_divided(topology.subnets_of(vpc_id))
    subnets = {subnet["id"]: subnet for subnet in topology.subnets_of(vpc_id)}
    with all_or_nothing() as undo:
        for router in topology.routers_of(vpc_id):
            # The routes' instances are gone, but the routes would keep the subnet in use.
            others = _routes_elsewhere(router, topology, vpc_id)
            vpc_routes.keep_routes(services, router, others, undo)
        router_interfaces.disconnect_all(services, subnets, ports, undo)
        openstack.network.delete_network(vpc_id)
    with remains_noted():
        _remove_routers(services, vpc_id)


def _refuse_while_divided(subnets: list[Subnet]) -> None:
    left = [subnet for subnet in subnets if networks_mapping.FIRST_SUBNET_TAG not in subnet["tags"]]
    if left:
        names = ", ".join(f"{subnet['name']} ({subnet['id']})" for subnet in left[:3])
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise exceptions.Conflict(f"The VPC has subnets: {names}{more}. Delete them first.")


def _routes_elsewhere(
    router: Router, topology: networks_mapping.Topology, vpc_id: str
) -> list[Route]:
    """The routes of a router whose targets are outside this VPC."""
    ranges = [ipaddress.ip_network(subnet["cidr"]) for subnet in topology.subnets_of(vpc_id)]
    return [
        route
        for route in router["routes"]
        if not any(
            ipaddress.ip_address(route["nexthop"]) in subnet_range for subnet_range in ranges
        )
    ]
