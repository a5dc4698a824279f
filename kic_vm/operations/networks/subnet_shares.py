# SPDX-License-Identifier: Apache-2.0
"""Subnets shared with other projects.

Neutron shares networks, so only the sole subnet of a VPC can be shared. The VPC gets no other
subnets while it is shared.
"""

from functools import partial

from kic_vm import exceptions
from kic_vm.mappings.subnets import SharedProjectView
from kic_vm.operations import earlier_attempts
from kic_vm.operations.networks.topology import find_own_subnet, read_topology
from kic_vm.operations.ownership import check_project
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import Subnet


def list_shared_projects(services: RequestServices, subnet_id: str) -> list[SharedProjectView]:
    """The projects that a subnet is shared with; ``*`` stands for all. 5 upstream calls.

    :raises NotFound: the project has no subnet with this id
    """
    subnet = find_own_subnet(services, read_topology(services), subnet_id)
    shares = services.openstack.network.list_shares_of(subnet["network_id"])
    return [
        {"id": project_id} for project_id in sorted({share["target_tenant"] for share in shares})
    ]


def share_subnet(services: RequestServices, subnet_id: str, project_id: str) -> None:
    """Let another project use a subnet. 8 upstream calls, the first 4 side by side.

    :raises NotFound: the project has no subnet with this id, or no such project exists
    :raises InvalidRequest: the project owns the subnet
    :raises AlreadyExists: the subnet is already shared with this project
    :raises Conflict: the VPC has other subnets
    """
    topology = read_topology(services)
    network_id = find_own_subnet(services, topology, subnet_id)["network_id"]
    if project_id == services.project_id:
        raise exceptions.InvalidField("project_id", "the subnet is this project's own.")
    _refuse_others(topology.subnets_of(network_id), subnet_id)
    check_project(services, "project_id", project_id)
    openstack = services.openstack
    shares = openstack.network.list_shares_of(network_id)
    if any(share["target_tenant"] in {project_id, "*"} for share in shares):
        if earlier_attempts.is_repeated(services):
            return
        raise exceptions.AlreadyExists("The subnet is already shared with this project.")
    earlier_attempts.note_absence(services)
    with all_or_nothing() as undo:
        share = openstack.network.share_network(network_id, project_id)
        undo(partial(openstack.network.delete_share, share["id"]))
        # Another request may have created a subnet since the subnets were read.
        _refuse_others(openstack.network.list_whole_subnets(network_id), subnet_id)


def _refuse_others(subnets: list[Subnet], subnet_id: str) -> None:
    others = [
        f"{subnet['name']} ({subnet['id']})" for subnet in subnets if subnet["id"] != subnet_id
    ]
    if others:
        raise exceptions.Conflict(
            "Only a subnet that is alone in its VPC can be shared: OpenStack shares a VPC as a "
            f"whole. This VPC also has {', '.join(others[:3])}. Make a VPC for the subnet to share."
        )


def unshare_subnet(services: RequestServices, subnet_id: str, project_id: str) -> None:
    """Stop sharing a subnet with a project. 7 upstream calls, the first 4 side by side.

    :raises NotFound: the project has no such subnet, or it is not shared with that project
    :raises Conflict: the other project has network interfaces in it; the error has their ids
    """
    subnet = find_own_subnet(services, read_topology(services), subnet_id)
    openstack = services.openstack
    shares = openstack.network.list_shares_of(subnet["network_id"])
    share = next((item for item in shares if item["target_tenant"] == project_id), None)
    if share is None:
        raise exceptions.NotFound("The subnet is not shared with this project.")
    ports = openstack.network.list_ports_in(network_id=subnet["network_id"])
    used = [port["id"] for port in ports if port["project_id"] == project_id]
    if used:
        raise exceptions.Conflict(
            "The project has network interfaces in the subnet, which must be deleted first: "
            f"{', '.join(used)}.",
            network_interfaces=used,
        )
    openstack.network.delete_share(share["id"])
