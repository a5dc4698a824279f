"""Subnets: create, get, list, rename, delete, and whom they are shared with."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import networks as networks_mapping
from kic_vm.mappings import subnets as mapping
from kic_vm.operations import listing
from kic_vm.operations.networks import subnet_create, topology
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "availability_zone": listing.equals("availability_zone"),
    "provisioning_status": listing.equals("provisioning_status"),
    "operating_status": listing.equals("operating_status"),
    "cidr_block": listing.equals("cidr_block"),
    "vpc_id": listing.equals("vpc_id"),
    "vpc_name": listing.contains("vpc_name"),
    "route_table_id": listing.equals("route_table_id"),
    "route_table_name": listing.contains("route_table_name"),
    "is_shared": listing.equals("is_shared"),
    "created_at": listing.dated("created_at"),
    "updated_at": listing.dated("updated_at"),
}


def list_subnets(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the subnets that the project sees. 4 upstream calls side by side.

    :raises InvalidRequest: there is no such availability zone
    """
    services.app_state.translation.zones.check_filter(query)
    found = topology.read_topology(services)
    subnets = [_shown(services, found, subnet) for subnet in found.subnets.values()]
    return listing.select(subnets, query, _FILTERS)


def get_subnet(services: RequestServices, subnet_id: str) -> JSON:
    """One subnet. 4 upstream calls side by side.

    :raises NotFound: the project sees none of this id
    """
    found = topology.read_topology(services)
    return _shown(services, found, topology.find_subnet(found, subnet_id))


def _shown(services: RequestServices, found: networks_mapping.Topology, subnet: JSON) -> JSON:
    zones = services.app_state.translation.zones
    name = topology.project_name(services, subnet)
    return mapping.subnet_from_subnet(found, subnet, zones, name)


def create_subnet(services: RequestServices, wanted: JSON) -> JSON:
    """A subnet of a VPC, connected to its route table. 7 upstream calls, 4 of them side by side.

    :raises InvalidRequest: it is not within the VPC's range
    :raises Conflict: it overlaps with another one
    """
    vpc_id = str(wanted["vpc_id"])
    found = topology.read_topology(services)
    with as_invalid_request("vpc_id", "VPC", vpc_id):
        network = topology.find_own_network(services, found, vpc_id)
    subnet_create.check_range(
        services, "cidr_block", wanted, networks_mapping.declared_range(network)
    )
    router = found.main_router_of(vpc_id)
    made = subnet_create.make(
        services, wanted["name"], vpc_id, wanted, router["id"] if router else None
    )
    return mapping.changed_subnet(made, wanted["availability_zone"])


def rename_subnet(services: RequestServices, subnet_id: str, name: str) -> JSON:
    """Give a subnet another name. 5 upstream calls, 4 of them side by side.

    :raises NotFound: the project has none of this id
    """
    topology.find_own_subnet(services, topology.read_topology(services), subnet_id)
    renamed = services.openstack.networks.rename_subnet(subnet_id, name)
    zones = services.app_state.translation.zones
    return mapping.changed_subnet(renamed, networks_mapping.zone_of(renamed, zones))


def delete_subnet(services: RequestServices, subnet_id: str) -> None:
    """Remove a subnet. 7 upstream calls, 5 of them side by side.

    :raises Conflict: there are network interfaces in it, or a route or public IP needs it
    """
    networks = services.openstack.networks
    found, ports = gather_reads(
        partial(topology.read_topology, services),
        partial(networks.list_ports_in, subnet_id=subnet_id),
    )
    topology.find_own_subnet(services, found, subnet_id)
    subnet_create.refuse_while_in_use("subnet", ports)
    with all_or_nothing() as undo:
        for router_id, connected in subnet_create.router_connections(ports):
            if connected == subnet_id:
                networks.disconnect_subnet(router_id, subnet_id)
                undo(partial(networks.connect_subnet, router_id, subnet_id))
        networks.delete_subnet(subnet_id)


def list_shared_projects(services: RequestServices, subnet_id: str) -> list[JSON]:
    """The projects that a subnet's VPC is shared with in Neutron. 5 upstream calls.

    :raises NotFound: the project has none of this id
    """
    subnet = topology.find_own_subnet(services, topology.read_topology(services), subnet_id)
    projects = services.openstack.networks.list_projects_of(subnet["network_id"])
    return [{"id": project_id} for project_id in sorted(projects)]


def share_subnet(services: RequestServices, subnet_id: str, project_id: str) -> NoReturn:
    """Refuse to share, or to share no more.

    :raises NotFound: the project has none of this id
    :raises NotOffered: else
    """
    topology.find_own_subnet(services, topology.read_topology(services), subnet_id)
    raise exceptions.NotOffered(
        f"The subnet cannot be shared with {project_id}, nor taken back: the network service of "
        "this cloud shares whole VPCs only, with all subnets that they have and will have."
    )
