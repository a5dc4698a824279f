"""Security groups of an instance's network interface: attach, detach."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.connection import JSON
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.operations.instances.interfaces import get_attached_interface
from kic_vm.operations.ownership import check_own_security_group
from kic_vm.operations.request import RequestServices


def attach(services: RequestServices, instance_id: str, port_id: str, group_id: str) -> list[str]:
    """Add a security group to an interface; the ids of the interface's groups afterwards.

    4 upstream calls, the first three side by side.

    :raises NotFound: the project has no such group
    :raises Conflict: the interface already has the group
    """
    (_server, port), _group = gather_reads(
        partial(get_attached_interface, services, instance_id, port_id),
        partial(check_own_security_group, services, group_id),
    )
    if group_id in port["security_groups"]:
        raise exceptions.Conflict("The network interface is already in this security group.")
    return _set_groups(services, port, [*port["security_groups"], group_id])


def detach(services: RequestServices, instance_id: str, port_id: str, group_id: str) -> list[str]:
    """Remove a security group from an interface; the ids of the interface's groups afterwards.

    3 upstream calls, the first two side by side.

    :raises NotFound: the interface does not have the group
    :raises Conflict: it is the interface's only group; KakaoCloud requires at least one
    """
    _server, port = get_attached_interface(services, instance_id, port_id)
    remaining = [group for group in port["security_groups"] if group != group_id]
    if len(remaining) == len(port["security_groups"]):
        raise exceptions.NotFound("The network interface is not in this security group.")
    if not remaining:
        raise exceptions.Conflict(
            "This is the network interface's only security group: attach another one first."
        )
    return _set_groups(services, port, remaining)


def _set_groups(services: RequestServices, port: JSON, group_ids: list[str]) -> list[str]:
    updated_port = services.openstack.network.update_port(port, {"security_groups": group_ids})
    updated_ids: list[str] = updated_port["security_groups"]
    return updated_ids
