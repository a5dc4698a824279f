# SPDX-License-Identifier: Apache-2.0
"""Associations of subnets with route tables: list, change."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import route_tables as mapping
from kic_vm.mappings.networks import Topology
from kic_vm.mappings.route_tables import AssociationView, ChangedAssociationView
from kic_vm.operations import listing
from kic_vm.operations.networks import router_interfaces
from kic_vm.operations.networks.route_tables import connect_everywhere
from kic_vm.operations.networks.topology import (
    find_own_network,
    find_router,
    find_visible,
    read_topology,
)
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import FloatingIP, Port, Subnet


def list_associations(
    services: RequestServices, route_table_id: str, query: Mapping[str, Any]
) -> tuple[list[AssociationView], Pagination]:
    """A page of a table's associations, sorted by subnet name. 4 upstream calls side by side.

    :raises NotFound: the project has no route table with this id
    """
    topology = read_topology(services)
    router = find_router(topology, route_table_id)
    associations = mapping.associations_of(topology, router, services.app_state.translation.zones)
    in_order = {"sort_keys": ["subnet_name", "id"], "sort_dirs": ["asc"]}
    return listing.select(associations, {**query, **in_order}, {})


def update_association(
    services: RequestServices, route_table_id: str, association_id: str, target_id: str
) -> ChangedAssociationView:
    """Associate a subnet with another route table of its VPC.

    5 upstream calls side by side if the association is already there; to change it, 4 more in a
    row. The two routers exchange their addresses in the subnet: the target router gets the gateway
    address. The next change completes an interrupted one.

    :raises NotFound: the project has no route table or association with this id
    :raises InvalidRequest: the target is not a route table of the VPC
    :raises Conflict: public IPs in the subnet use the present route table
    """
    topology, floating_ips = gather_reads(
        partial(read_topology, services),
        services.openstack.network.list_whole_floating_ips,
    )
    find_router(topology, route_table_id)
    subnet = _find_associated_subnet(topology, route_table_id, association_id)
    with as_invalid_request("target_route_table_id", "route table", target_id):
        find_router(topology, target_id)
    vpc_id = subnet["network_id"]
    if vpc_id not in {network["id"] for network in topology.vpcs_of(target_id)}:
        raise exceptions.InvalidField(
            "target_route_table_id", "this route table belongs to another VPC."
        )
    port = topology.connection_of(subnet["id"])
    if port is None or port["device_id"] != target_id:
        port = _move(services, topology, subnet, target_id, floating_ips)
    return mapping.changed_association(subnet, target_id, port)


def _find_associated_subnet(topology: Topology, route_table_id: str, association_id: str) -> Subnet:
    """The subnet of an association.

    After an interrupted change no router is the gateway, and any table of the VPC is accepted.

    :raises NotFound: the table has no such association
    """
    subnet = find_visible(topology.subnets, association_id)
    port = topology.connection_of(association_id)
    tables = {router["id"] for router in topology.routers_of(subnet["network_id"])}
    sources = {port["device_id"]} if port else tables
    if route_table_id not in sources:
        raise exceptions.NotFound
    return subnet


def _move(
    services: RequestServices,
    topology: Topology,
    subnet: Subnet,
    target_id: str,
    floating_ips: list[FloatingIP],
) -> Port:
    find_own_network(services, topology, subnet["network_id"])
    gateway_ip = subnet["gateway_ip"]
    if gateway_ip is None or subnet["ip_version"] != 4:
        raise exceptions.Conflict(
            "The subnet has no IPv4 gateway address: its route table cannot be changed."
        )
    openstack = services.openstack
    with all_or_nothing() as undo:
        connect_everywhere(services, topology, target_id, subnet["network_id"], undo)
        ports = openstack.network.list_ports_in(subnet_id=subnet["id"])
        _refuse_public_ips(floating_ips, ports, target_id)
        return router_interfaces.move_gateway(services, subnet, gateway_ip, target_id, ports, undo)


def _refuse_public_ips(floating_ips: list[FloatingIP], ports: list[Port], target_id: str) -> None:
    """Refuse the change: replies would leave through another router than requests arrive at."""
    inside = {port["id"] for port in ports}
    leading = [
        floating_ip["floating_ip_address"]
        for floating_ip in floating_ips
        if floating_ip["port_id"] in inside and floating_ip["router_id"] != target_id
    ]
    if leading:
        raise exceptions.Conflict(
            "Public IPs lead into the subnet by its present route table: "
            f"{', '.join(sorted(leading))}. Take them off their network interfaces first."
        )
