# SPDX-License-Identifier: Apache-2.0
"""Subnets: create, get, list, rename, delete."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import networks as networks_mapping
from kic_vm.mappings import subnets as mapping
from kic_vm.mappings.subnets import ChangedSubnetView, SubnetView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.networks import router_interfaces, subnet_create
from kic_vm.operations.networks.topology import (
    find_own_network,
    find_own_subnet,
    find_visible,
    project_name,
    read_topology,
    tables_for_new_subnets,
)
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import Subnet
from kic_vm.schemas.subnets import SubnetCreateBody, SubnetListQuerySchema

_FILTERS: Final = listing.filters_of(SubnetListQuerySchema)


def list_subnets(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[SubnetView], Pagination]:
    """A page of the subnets visible to the project. 4 upstream calls side by side.

    :raises InvalidRequest: the availability zone does not exist
    """
    services.app_state.translation.zones.check_filter(query)
    return recent_lists.page(services, "subnets", _all_subnets, query, _FILTERS)


def _all_subnets(services: RequestServices) -> list[SubnetView]:
    topology = read_topology(services)
    return [_shown(services, topology, subnet) for subnet in topology.subnets.values()]


def get_subnet(services: RequestServices, subnet_id: str) -> SubnetView:
    """One subnet. 4 upstream calls side by side.

    :raises NotFound: no subnet with this id is visible to the project
    """
    topology = read_topology(services)
    return _shown(services, topology, find_visible(topology.subnets, subnet_id))


def _shown(
    services: RequestServices, topology: networks_mapping.Topology, subnet: Subnet
) -> SubnetView:
    zones = services.app_state.translation.zones
    name = project_name(services, subnet)
    return mapping.subnet_from_subnet(topology, subnet, zones, name)


def create_subnet(services: RequestServices, body: SubnetCreateBody) -> ChangedSubnetView:
    """Create a subnet, connected to the VPC's route tables. 8 upstream calls, 5 side by side.

    Several route tables take one more for each but the main one, plus one for these together.

    :raises InvalidRequest: the subnet is outside the VPC's range
    :raises Conflict: it overlaps with another subnet, or the VPC's subnet is shared
    """
    vpc_id = str(body["vpc_id"])
    topology, shares = gather_reads(
        partial(read_topology, services),
        partial(services.openstack.network.list_shares_of, vpc_id),
    )
    with as_invalid_request("vpc_id", "VPC", vpc_id):
        network = find_own_network(services, topology, vpc_id)
    subnet_create.check_range(
        services, "cidr_block", body, networks_mapping.declared_range(network)
    )
    if shares and topology.subnets_of(vpc_id) and not earlier_attempts.is_repeated(services):
        raise exceptions.Conflict(
            "The subnet of this VPC is shared with other projects, which would get the new subnet "
            "too: OpenStack shares a VPC as a whole. Stop sharing first, or use another VPC."
        )
    tables = tables_for_new_subnets(topology, vpc_id)
    created = subnet_create.make(services, body["name"], vpc_id, body, tables)
    return mapping.changed_subnet(created, body["availability_zone"])


def rename_subnet(services: RequestServices, subnet_id: str, name: str) -> ChangedSubnetView:
    """Rename a subnet. 5 upstream calls, 4 of them side by side.

    :raises NotFound: the project has no subnet with this id
    """
    find_own_subnet(services, read_topology(services), subnet_id)
    renamed = services.openstack.network.rename_subnet(subnet_id, name)
    zones = services.app_state.translation.zones
    return mapping.changed_subnet(renamed, networks_mapping.zone_of(renamed, zones))


def delete_subnet(services: RequestServices, subnet_id: str) -> None:
    """Delete a subnet. 6 upstream calls, 5 of them side by side, and one for each route table.

    :raises Conflict: it has network interfaces, or a route or public IP needs it
    """
    openstack = services.openstack
    topology, ports = gather_reads(
        partial(read_topology, services),
        partial(openstack.network.list_ports_in, subnet_id=subnet_id),
    )
    subnet = find_own_subnet(services, topology, subnet_id)
    subnet_create.refuse_while_in_use("subnet", ports)
    with all_or_nothing() as undo:
        router_interfaces.disconnect_all(services, {subnet_id: subnet}, ports, undo)
        openstack.network.delete_subnet(subnet_id)
