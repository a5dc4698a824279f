# SPDX-License-Identifier: Apache-2.0
"""Neutron network and router -> VPC of the contract."""

from typing import TypedDict

from kic_vm.mappings.networks import (
    REGION,
    Topology,
    operating_status,
    provisioning_status,
)
from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.times import utc
from kic_vm.resources.network import Network, Router


class InternetGatewayView(TypedDict):
    """The internet gateway of a VPC; see InternetGatewaySchema."""

    id: str
    name: str
    description: str
    region: str
    nat_ip: str | None
    project_id: str
    operating_status: str
    provisioning_status: str
    created_at: str
    updated_at: str


class DefaultRouteTableView(TypedDict):
    """The main route table of a VPC; see DefaultRouteTableSchema."""

    id: str
    name: str
    description: str
    provisioning_status: str
    created_at: str
    updated_at: str


class ChangedVpcView(TypedDict):
    """A VPC in the responses to create and update; see ChangedVpcSchema."""

    id: str
    project_id: str
    name: str
    description: str
    is_default: bool
    region: str
    cidr_block: str
    provisioning_status: str
    created_at: str
    updated_at: str


class VpcView(ChangedVpcView):
    """A VPC in the responses to get and list; see VpcSchema."""

    project_name: str | None
    igw: InternetGatewayView | None
    default_route_table: DefaultRouteTableView | None
    is_enable_dns_support: bool | None


def changed_vpc(network: Network, cidr_block: str) -> ChangedVpcView:
    """The contract's response to a create or update."""
    return {
        "id": network["id"],
        "project_id": network["project_id"],
        "name": network["name"],
        "description": own_description(network["description"]),
        "is_default": False,
        "region": REGION,
        "cidr_block": cidr_block,
        "provisioning_status": provisioning_status(network),
        "created_at": utc(network["created_at"]),
        "updated_at": utc(network["updated_at"]),
    }


def vpc_from_network(topology: Topology, network: Network, project_name: str | None) -> VpcView:
    """The contract's VPC in the responses to get and list.

    :param project_name: the name of its project; None if unknown
    """
    main = topology.main_router_of(network["id"])
    tables = [main, *topology.routers_of(network["id"])] if main else []
    return {
        **changed_vpc(network, topology.range_of(network["id"])),
        "project_name": project_name,
        "igw": _internet_gateway(network["id"], tables),
        "default_route_table": _default_route_table(main) if main else None,
        "is_enable_dns_support": None,  # the operator's configuration, which no API tells
    }


def _internet_gateway(network_id: str, routers: list[Router]) -> InternetGatewayView | None:
    """The VPC's way to the internet, as the first router that has one shows it.

    Its id is the VPC's: it is the same for all route tables, whichever is the main one.

    :param routers: of the VPC, the main one first
    """
    gateways = [(one, gateway) for one in routers if (gateway := one["external_gateway_info"])]
    if not gateways:
        return None
    router, gateway = gateways[0]
    addresses = [fixed["ip_address"] for fixed in gateway["external_fixed_ips"]]
    return {
        "id": network_id,
        "name": router["name"],
        "description": own_description(router["description"]),
        "region": REGION,
        "nat_ip": addresses[0] if addresses and gateway.get("enable_snat", True) else None,
        "project_id": router["project_id"],
        "operating_status": operating_status(router),
        "provisioning_status": provisioning_status(router),
        "created_at": utc(router["created_at"]),
        "updated_at": utc(router["updated_at"]),
    }


def _default_route_table(router: Router) -> DefaultRouteTableView:
    return {
        "id": router["id"],
        "name": router["name"],
        "description": own_description(router["description"]),
        "provisioning_status": provisioning_status(router),
        "created_at": utc(router["created_at"]),
        "updated_at": utc(router["updated_at"]),
    }
