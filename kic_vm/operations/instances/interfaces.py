# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance: list, attach, detach, allowed addresses."""

import contextlib
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import flavors
from kic_vm.mappings import instance_network_interfaces as mapping
from kic_vm.mappings.instance_network_interfaces import (
    AttachedNetworkInterfaceView,
    InstanceNetworkInterfaceView,
    UpdatedNetworkInterfaceView,
)
from kic_vm.mappings.instances import public_ips_by_port
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances.states import get_server_for, state_conflicts_reported
from kic_vm.operations.networks import made_ports
from kic_vm.operations.networks.network_interfaces import set_allowed_addresses
from kic_vm.operations.ownership import get_own_port, get_own_server
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server
from kic_vm.resources.network import Port
from kic_vm.schemas.instance_network_interfaces import AllowedAddressBody


def list_network_interfaces(
    services: RequestServices, instance_id: str
) -> tuple[list[InstanceNetworkInterfaceView], Pagination]:
    """All of an instance's interfaces, the primary first. 4 upstream calls side by side.

    The request has no paging parameters, but the contract requires pagination in the response: one
    page with everything.
    """
    network = services.openstack.network
    server, ports, floating_ips, groups = gather_reads(
        partial(get_own_server, services, instance_id, compute.STATE),
        partial(network.list_whole_ports, instance_id),
        network.list_floating_ips,
        network.list_security_groups,
    )
    public_ips = public_ips_by_port(floating_ips)
    names = {group["id"]: group["name"] for group in groups}
    project_name = services.context.project_name
    interfaces = [
        mapping.interface_from_port(port, project_name, public_ips, names)
        for port in mapping.in_attachment_order(server, ports)
    ]
    return interfaces, {"total": len(interfaces), "offset": 0, "limit": len(interfaces)}


def attach_network_interface(
    services: RequestServices, instance_id: str, port_id: str
) -> AttachedNetworkInterfaceView:
    """Attach an interface. 4 upstream calls, the first three side by side.

    One more for an interface that the gateway created for another instance: from now on it belongs
    to the user.

    :raises NotFound: the project has no such instance or interface
    :raises Conflict: the interface is in use, or the instance already has the maximum number of
        interfaces of its type
    """
    command = "attach-network-interface"
    server, port, ports = gather_reads(
        partial(get_server_for, services, instance_id, command, compute.SERVER),
        partial(get_own_port, services, port_id),
        partial(services.openstack.network.list_ports, instance_id),
    )
    if earlier_attempts.is_repeated(services) and port["device_id"] == instance_id:
        with contextlib.suppress(exceptions.NotFound):
            attachment = services.openstack.compute.get_interface(instance_id, port_id)
            return mapping.interface_from_attachment(attachment)
    earlier_attempts.note_absence(services)
    if port["device_id"]:
        raise exceptions.Conflict(
            "The network interface is already in use: detach it first, or use another one."
        )
    maximum = flavors.flavor_of_server(server["flavor"], None)["maximum_network_interfaces"]
    if maximum is not None and len(ports) >= maximum:
        raise exceptions.Conflict(
            f"Instances of this type can have at most {maximum} network interfaces: detach one "
            "first, or resize the instance."
        )
    with (
        state_conflicts_reported(services, instance_id, command),
        made_ports.handed_over(services, port),
    ):
        attachment = services.openstack.compute.attach_interface(instance_id, port_id)
    return mapping.interface_from_attachment(attachment)


def detach_network_interface(services: RequestServices, instance_id: str, port_id: str) -> None:
    """Start to detach an interface. 3 upstream calls, the first two side by side.

    One more for an interface that the gateway created: from now on it belongs to the user, and
    stays when the instance is deleted.

    The gateway checks the interface itself: Nova would detach the primary interface, and answers
    202 to an interface of another instance.

    :raises NotFound: the interface is not attached to this instance
    :raises Conflict: the interface is the primary one
    """
    command = "detach-network-interface"
    server, ports = gather_reads(
        partial(get_server_for, services, instance_id, command),
        partial(services.openstack.network.list_whole_ports, instance_id),
    )
    by_id = {port["id"]: port for port in mapping.in_attachment_order(server, ports)}
    if port_id not in by_id:
        raise _not_attached()
    if port_id == next(iter(by_id)):
        raise exceptions.Conflict(
            "This is the instance's primary network interface: it stays attached until the "
            "instance is deleted."
        )
    with (
        state_conflicts_reported(services, instance_id, command),
        made_ports.handed_over(services, by_id[port_id]),
    ):
        services.openstack.compute.detach_interface(instance_id, port_id)


def update_allowed_addresses(
    services: RequestServices,
    instance_id: str,
    port_id: str,
    address_pairs: list[AllowedAddressBody] | None,
) -> UpdatedNetworkInterfaceView:
    """Set the further addresses that an interface may send from; none or null clears them.

    3 upstream calls, the first two side by side.

    :raises NotFound: the interface is not attached to this instance
    """
    _server, port = get_attached_interface(services, instance_id, port_id)
    return set_allowed_addresses(services, port, address_pairs)


def get_attached_interface(
    services: RequestServices, instance_id: str, port_id: str
) -> tuple[Server, Port]:
    """The server and the port of an attached interface, before a change.

    2 upstream calls side by side.

    :raises NotFound: the interface is not attached to this instance
    :raises InvalidState: the instance is being deleted
    """
    server, port = gather_reads(
        partial(get_server_for, services, instance_id, "update"),
        partial(get_own_port, services, port_id),
    )
    if port["device_id"] != instance_id:
        raise _not_attached()
    return server, port


def _not_attached() -> exceptions.NotFound:
    return exceptions.NotFound("This network interface is not attached to the instance.")
