# SPDX-License-Identifier: Apache-2.0
"""Neutron subnet -> subnet of the contract."""

from typing import Any

from kic_vm.mappings.networks import Topology, operating_status, provisioning_status, zone_of
from kic_vm.mappings.times import utc
from kic_vm.mappings.zones import Zones

JSON = dict[str, Any]


def changed_subnet(subnet: JSON, zone: str) -> JSON:
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
    topology: Topology, subnet: JSON, zones: Zones, project_name: str | None
) -> JSON:
    """The contract's subnet in the responses to get and list.

    :param project_name: the name of its project; None if unknown
    """
    network = topology.networks[subnet["network_id"]]
    connection = topology.connection_of(subnet["id"])
    router = topology.routers[connection["device_id"]] if connection else None
    return changed_subnet(subnet, zone_of(subnet, zones)) | {
        "provisioning_status": provisioning_status(network),
        "operating_status": operating_status(network),
        "is_shared": network["shared"],
        "vpc_name": network["name"],
        "project_name": project_name,
        "owner_project_id": network["project_id"],
        "route_table_id": router["id"] if router else None,
        "route_table_name": router["name"] if router else None,
    }
