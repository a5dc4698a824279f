# SPDX-License-Identifier: Apache-2.0
"""Security groups of an instance's network interface: attach, detach."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances.interfaces import get_attached_interface
from kic_vm.operations.ownership import check_own_security_group
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import Port


def attach(services: RequestServices, instance_id: str, port_id: str, group_id: str) -> list[str]:
    """Add a security group to a network interface.

    4 upstream calls, the first three side by side.

    :returns: the ids of the interface's groups after the change
    :raises NotFound: the project has no group with this id
    :raises Conflict: the interface already has the group
    """
    (_server, port), _group = gather_reads(
        partial(get_attached_interface, services, instance_id, port_id),
        partial(check_own_security_group, services, group_id),
    )
    groups: list[str] = port["security_groups"]
    if group_id in groups:
        if earlier_attempts.is_repeated(services):
            return groups
        raise exceptions.Conflict("The network interface is already in this security group.")
    earlier_attempts.note_absence(services)
    return _set(services, port, [*groups, group_id])


def detach(services: RequestServices, instance_id: str, port_id: str, group_id: str) -> list[str]:
    """Remove a security group from a network interface.

    3 upstream calls, the first two side by side.

    :returns: the ids of the interface's groups after the change
    :raises NotFound: the interface does not have the group
    :raises Conflict: it is the interface's last group; as documented, an interface keeps one
    """
    _server, port = get_attached_interface(services, instance_id, port_id)
    left = [group for group in port["security_groups"] if group != group_id]
    if len(left) == len(port["security_groups"]):
        raise exceptions.NotFound("The network interface is not in this security group.")
    if not left:
        raise exceptions.Conflict(
            "This is the network interface's only security group: attach another one first."
        )
    return _set(services, port, left)


def _set(services: RequestServices, port: Port, groups: list[str]) -> list[str]:
    updated = services.openstack.network.update_port(port, {"security_groups": groups})
    return updated["security_groups"]
