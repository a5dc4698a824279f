# SPDX-License-Identifier: Apache-2.0
"""Neutron subnet -> subnet of the contract."""

from typing import TypedDict

from kic_vm.mappings.networks import Topology, operating_status, provisioning_status, zone_of
from kic_vm.mappings.times import utc
from kic_vm.mappings.zones import Zones
from kic_vm.resources.network import Subnet


class ChangedSubnetView(TypedDict):
    """A subnet in the responses to create and update; see ChangedSubnetSchema."""

    id: str
    name: str
    vpc_id: str
    provisioning_status: str
    availability_zone: str
    cidr_block: str
    project_id: str
    created_at: str
    updated_at: str


class SubnetView(ChangedSubnetView):
    """A subnet in the responses to get and list; see SubnetSchema."""

    operating_status: str
    is_shared: bool
    vpc_name: str
    project_name: str | None
    owner_project_id: str
    route_table_id: str | None
    route_table_name: str | None


class SharedProjectView(TypedDict):
    """A project that a subnet is shared with; see SharedProjectSchema."""

    id: str


def changed_subnet(subnet: Subnet, zone: str) -> ChangedSubnetView:
    """The contract's response to a create or update; Neutron's subnets are ready at once."""
    return {
        "id": subnet["id"],
        "name": subnet["name"],
        "vpc_id": subnet["network_id"],
        "provisioning_status": "ACTIVE",
        "availability_zone": zone,
        "cidr_block": subnet["cidr"],
        "project_id": subnet["project_id"],
        "created_at": utc(subnet["created_at"]),
        "updated_at": utc(subnet["updated_at"]),
    }


def subnet_from_subnet(
    topology: Topology, subnet: Subnet, zones: Zones, project_name: str | None
) -> SubnetView:
    """The contract's subnet in the responses to get and list.

    :param project_name: the name of its project; None if unknown
    """
    network = topology.networks[subnet["network_id"]]
    connection = topology.connection_of(subnet["id"])
    router = topology.routers[connection["device_id"]] if connection else None
    return {
        **changed_subnet(subnet, zone_of(subnet, zones)),
        "provisioning_status": provisioning_status(network),
        "operating_status": operating_status(network),
        "is_shared": network["shared"],
        "vpc_name": network["name"],
        "project_name": project_name,
        "owner_project_id": network["project_id"],
        "route_table_id": router["id"] if router else None,
        "route_table_name": router["name"] if router else None,
    }
