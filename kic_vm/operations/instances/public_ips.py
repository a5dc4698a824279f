# SPDX-License-Identifier: Apache-2.0
"""Public IPs of an instance's network interface: associate, remove."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.mappings import instance_public_ips as mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings.instance_public_ips import AssociatedPublicIpView
from kic_vm.operations import earlier_attempts
from kic_vm.operations.instances.interfaces import get_attached_interface
from kic_vm.operations.networks import external_networks, public_ips
from kic_vm.operations.ownership import get_own_floating_ip
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import FloatingIPRequest


def associate_new(
    services: RequestServices, instance_id: str, port_id: str
) -> AssociatedPublicIpView:
    """A new public IP for an interface. 6 upstream calls, the first five side by side.

    With an Idempotency-Key, one more before them.

    Neutron creates and associates it in one step, so a failure leaves nothing behind.

    :raises Conflict: the interface has one already, or its subnet has no way to the internet
    """
    network = services.openstack.network
    description = request_marks.marked_description("", services.context.idempotent_request)
    existing = earlier_attempts.find_marked(
        services, network.list_floating_ip_descriptions, network.get_floating_ip
    )
    if existing:
        return mapping.associated_public_ip(existing)
    (_server, port), present, interfaces, external = gather_reads(
        partial(get_attached_interface, services, instance_id, port_id),
        partial(network.list_floating_ips_of, port_id),
        services.openstack.network.list_router_interfaces,
        network.list_external_networks,
    )
    target = public_ips.association_target(services, port, present, interfaces)
    floating_ip: FloatingIPRequest = {
        **target,
        "floating_network_id": external_networks.find(services, external),
    }
    if description:
        floating_ip["description"] = description
    created = network.create_floating_ip(floating_ip)
    return mapping.associated_public_ip(created)


def associate(
    services: RequestServices, instance_id: str, port_id: str, public_ip_id: str
) -> AssociatedPublicIpView:
    """Associate one of the project's public IPs with an interface.

    6 upstream calls, the first five side by side.

    :raises NotFound: the project has no such public IP
    :raises Conflict: the interface already has a public IP, or the public IP is in use
    """
    network = services.openstack.network
    (_server, port), present, interfaces, floating_ip = gather_reads(
        partial(get_attached_interface, services, instance_id, port_id),
        partial(network.list_floating_ips_of, port_id),
        services.openstack.network.list_router_interfaces,
        partial(get_own_floating_ip, services, public_ip_id),
    )
    target = public_ips.association_target(services, port, present, interfaces)
    return public_ips.associate_floating_ip(services, floating_ip, target)


def remove(
    services: RequestServices, instance_id: str, port_id: str, *, is_delete: bool
) -> AssociatedPublicIpView:
    """Disassociate the public IP of an interface. 4 upstream calls, the first three side by side.

    :param is_delete: whether to delete the public IP, too
    :raises NotFound: the interface has no public IP
    :raises Conflict: the public IP has changed since it was read
    """
    network = services.openstack.network
    _attached, floating_ips = gather_reads(
        partial(get_attached_interface, services, instance_id, port_id),
        partial(network.list_floating_ips_of, port_id),
    )
    if not floating_ips:
        raise exceptions.NotFound("This network interface has no public IP.")
    floating_ip = floating_ips[0]
    if is_delete:
        network.delete_floating_ip(floating_ip)
        return mapping.associated_public_ip(
            floating_ip | {"port_id": None, "fixed_ip_address": None}
        )
    return mapping.associated_public_ip(network.update_floating_ip(floating_ip, {"port_id": None}))
