# SPDX-License-Identifier: Apache-2.0
"""Read the networks of a project, and find a VPC, subnet or route table in them."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings.networks import Topology, is_router_for
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import Network, Owned, Port, Router, Subnet

Visible = TypeVar("Visible", Network, Subnet)


def read_topology(services: RequestServices) -> Topology:
    """The VPCs visible to the project, and their resources. 4 upstream calls side by side."""
    return _read(services, services.openstack.network.list_router_interfaces)[0]


def read_topology_with_ports(services: RequestServices) -> tuple[Topology, list[Port]]:
    """As ``read_topology``, and all ports of the project. 4 upstream calls side by side."""
    return _read(services, services.openstack.network.list_whole_ports)


def _read(
    services: RequestServices, list_ports: Callable[[], list[Port]]
) -> tuple[Topology, list[Port]]:
    openstack = services.openstack
    networks, subnets, routers, ports = gather_reads(
        openstack.network.list_networks,
        openstack.network.list_whole_subnets,
        openstack.network.list_routers,
        list_ports,
    )
    return Topology(services.project_id, networks, subnets, routers, ports), ports


def find_visible(resources: Mapping[str, Visible], resource_id: str) -> Visible:
    """The network of a VPC, or the subnet, with an id.

    :param resources: the topology's networks or subnets
    :raises NotFound: none with this id is visible to the project
    """
    resource = resources.get(resource_id)
    if resource is None:
        raise exceptions.NotFound
    return resource


def find_own_network(services: RequestServices, topology: Topology, vpc_id: str) -> Network:
    """The network of a VPC that the project owns.

    :raises NotFound: there is none with this id
    :raises Forbidden: another project owns and shares it
    """
    network = find_visible(topology.networks, vpc_id)
    if network["project_id"] != services.project_id:
        raise exceptions.Forbidden(
            "Another project shares this VPC: only that project can change it."
        )
    return network


def find_own_subnet(services: RequestServices, topology: Topology, subnet_id: str) -> Subnet:
    """A subnet of a VPC that the project owns.

    :raises NotFound: there is none with this id
    :raises Forbidden: another project owns and shares it
    """
    subnet = find_visible(topology.subnets, subnet_id)
    find_own_network(services, topology, subnet["network_id"])
    return subnet


def find_router(topology: Topology, route_table_id: str) -> Router:
    """The router of a route table.

    :raises NotFound: there is no route table with this id, or it belongs to no VPC
    """
    if route_table_id not in topology.routers or not topology.vpcs_of(route_table_id):
        raise exceptions.NotFound
    return topology.routers[route_table_id]


def tables_for_new_subnets(topology: Topology, vpc_id: str) -> list[Router]:
    """The route tables to connect to a new subnet of a VPC, the main one first.

    A router created directly in Neutron is left alone, unless it is the main table.
    """
    main = topology.main_router_of(vpc_id)
    if main is None:
        return []
    others = [router for router in topology.routers_of(vpc_id) if is_router_for(router, vpc_id)]
    return [main, *(router for router in others if router["id"] != main["id"])]


def project_name(services: RequestServices, resource: Owned) -> str | None:
    """The name of a resource's project; None for other projects, whose names are unknown."""
    name: str | None = services.context.project_name
    return name if resource["project_id"] == services.project_id else None
