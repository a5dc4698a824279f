# SPDX-License-Identifier: Apache-2.0
"""Public IPs of a project: create, get, list, update, delete, associate, disassociate."""

import ipaddress
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import public_ips as mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings.instance_public_ips import AssociatedPublicIpView, associated_public_ip
from kic_vm.mappings.public_ips import PublicIpView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.networks import external_networks
from kic_vm.operations.ownership import get_own_floating_ip, get_own_interface
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import FloatingIP, FloatingIPChanges, Port
from kic_vm.schemas.public_ips import (
    PublicIpCreateBody,
    PublicIpListQuerySchema,
    PublicIpUpdateBody,
)

_FILTERS: Final = listing.filters_of(
    PublicIpListQuerySchema,
    related_resource_id=listing.equals("related_resource", "id"),
    related_resource_name=listing.contains("related_resource", "name"),
)


def create_public_ip(services: RequestServices, body: PublicIpCreateBody) -> AssociatedPublicIpView:
    """Create a public IP without an association. 2 upstream calls; 3 with an Idempotency-Key.

    :param body: PublicIpCreateSchema, loaded
    :raises QuotaExceeded: the project's quota of public IPs is used up
    """
    network = services.openstack.network
    description = request_marks.marked_description(
        body["description"] or "", services.context.idempotent_request
    )
    existing = earlier_attempts.find_marked(
        services, network.list_floating_ip_descriptions, network.get_floating_ip
    )
    if existing:
        return associated_public_ip(existing)
    external = external_networks.find(services, network.list_external_networks())
    created = network.create_floating_ip(
        {"floating_network_id": external, "description": description}
    )
    return associated_public_ip(created)


def get_public_ip(services: RequestServices, public_ip_id: str) -> PublicIpView:
    """One public IP. One upstream call; if it is associated, 2 more side by side.

    :raises NotFound: the project has no public IP with this id
    """
    floating_ip = get_own_floating_ip(services, public_ip_id)
    details = floating_ip.get("port_details")
    if not details:
        return mapping.public_ip_from_floating_ip(floating_ip, (), {})
    openstack = services.openstack
    subnets, network = gather_reads(
        partial(openstack.network.list_whole_subnets, details["network_id"]),
        partial(openstack.network.get_network, details["network_id"]),
    )
    return mapping.public_ip_from_floating_ip(floating_ip, subnets, {network["id"]: network})


def list_public_ips(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[PublicIpView], Pagination]:
    """A page of the project's public IPs. 3 upstream calls side by side."""
    return recent_lists.page(services, "public-ips", _all_public_ips, query, _FILTERS)


def _all_public_ips(services: RequestServices) -> list[PublicIpView]:
    openstack = services.openstack
    floating_ips, subnets, networks = gather_reads(
        services.openstack.network.list_whole_floating_ips,
        openstack.network.list_whole_subnets,
        openstack.network.list_networks,
    )
    by_id = {network["id"]: network for network in networks}
    return [
        mapping.public_ip_from_floating_ip(floating_ip, subnets, by_id)
        for floating_ip in floating_ips
    ]


def update_public_ip(
    services: RequestServices, public_ip_id: str, body: PublicIpUpdateBody
) -> AssociatedPublicIpView:
    """Change the description of a public IP. 2 upstream calls.

    :param body: PublicIpUpdateSchema, loaded; null clears the description, if missing it stays
    :raises NotFound: the project has no public IP with this id
    """
    floating_ip = get_own_floating_ip(services, public_ip_id)
    if "description" not in body:
        return associated_public_ip(floating_ip)
    description = request_marks.changed_description(
        floating_ip["description"], body["description"] or ""
    )
    changes: FloatingIPChanges = {"description": description}
    return associated_public_ip(services.openstack.network.update_floating_ip(floating_ip, changes))


def delete_public_ip(services: RequestServices, public_ip_id: str) -> None:
    """Release a public IP. 2 upstream calls.

    :raises NotFound: the project has no public IP with this id
    :raises Conflict: the public IP is associated with a network interface
    """
    floating_ip = get_own_floating_ip(services, public_ip_id)
    if floating_ip["port_id"]:
        raise exceptions.Conflict(
            f"The public IP is in use by the network interface {floating_ip['port_id']}: remove it "
            "there first."
        )
    services.openstack.network.delete_floating_ip(floating_ip)


def associate(services: RequestServices, public_ip_id: str, port_id: str) -> AssociatedPublicIpView:
    """Associate a public IP with a network interface. 5 upstream calls, 4 of them side by side.

    :raises NotFound: the project has no public IP or no network interface with this id
    :raises Conflict: the public IP is in use, the interface already has one, or the route table
        of its subnet has no internet gateway
    """
    floating_ip, port, present, interfaces = gather_reads(
        partial(get_own_floating_ip, services, public_ip_id),
        partial(get_own_interface, services, port_id),
        partial(services.openstack.network.list_floating_ips_of, port_id),
        services.openstack.network.list_router_interfaces,
    )
    return associate_floating_ip(
        services, floating_ip, association_target(services, port, present, interfaces)
    )


def disassociate(
    services: RequestServices, public_ip_id: str, port_id: str
) -> AssociatedPublicIpView:
    """Disassociate a public IP from a network interface. 2 upstream calls.

    :raises NotFound: the project has no such public IP, or it is not on this interface
    """
    floating_ip = get_own_floating_ip(services, public_ip_id)
    if floating_ip["port_id"] != port_id:
        raise exceptions.NotFound("The public IP does not lead to this network interface.")
    changed = services.openstack.network.update_floating_ip(floating_ip, {"port_id": None})
    return associated_public_ip(changed)


def association_target(
    services: RequestServices, port: Port, present: list[FloatingIP], interfaces: list[Port]
) -> FloatingIPChanges:
    """The target of an association: the interface's first IPv4 address.

    No upstream call, or 2 side by side if the subnet has several routers.

    :param present: the floating IPs that are associated with the interface
    :param interfaces: the ports of the project's routers
    :raises Conflict: the interface has a public IP, no IPv4 address, or no internet gateway
    """
    if present:
        raise exceptions.Conflict("The network interface already has a public IP.")
    for fixed in port["fixed_ips"]:
        if ipaddress.ip_address(fixed["ip_address"]).version == 4:
            _check_way_out(services, fixed["subnet_id"], interfaces)
            return {"port_id": port["id"], "fixed_ip_address": fixed["ip_address"]}
    raise exceptions.Conflict("The network interface has no IPv4 address.")


def _check_way_out(services: RequestServices, subnet_id: str, interfaces: list[Port]) -> None:
    """Check that the route table of a subnet has an internet gateway.

    Neutron associates a floating IP through any router in the subnet, but replies leave through
    the router of the route table. If there is only one router, Neutron checks this itself.
    """
    routers = {
        fixed["ip_address"]: port["device_id"]
        for port in interfaces
        for fixed in port["fixed_ips"]
        if fixed["subnet_id"] == subnet_id
    }
    if len(routers) < 2:
        return
    openstack = services.openstack
    subnet, all_routers = gather_reads(
        partial(openstack.network.get_subnet, subnet_id), openstack.network.list_routers
    )
    router_id = routers.get(subnet["gateway_ip"])
    if any(
        router["id"] == router_id and not router["external_gateway_info"] for router in all_routers
    ):
        raise exceptions.Conflict(
            "The route table of the interface's subnet has no internet gateway. Add a route with "
            "the route_type igw to it, or associate the subnet with another route table."
        )


def associate_floating_ip(
    services: RequestServices, floating_ip: FloatingIP, target: FloatingIPChanges
) -> AssociatedPublicIpView:
    """Associate a free floating IP with a target. One upstream call.

    :raises Conflict: the floating IP is in use
    """
    if floating_ip["port_id"]:
        # Neutron would move it away from its present port.
        raise exceptions.Conflict("The public IP is in use: remove it there first.")
    return associated_public_ip(services.openstack.network.update_floating_ip(floating_ip, target))
