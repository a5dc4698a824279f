# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of a project: create, get, list, update, delete."""

import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.network import PORT_MARK
from kic_vm.cache.stored_lists import Pagination
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import instance_network_interfaces as mapping
from kic_vm.mappings import request_marks
from kic_vm.mappings.instance_network_interfaces import (
    NetworkInterfaceView,
    UpdatedNetworkInterfaceView,
)
from kic_vm.mappings.instances import public_ips_by_port
from kic_vm.mappings.networks import is_vpc_for
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.networks import topology
from kic_vm.operations.networks.subnet_addresses import check_address
from kic_vm.operations.ownership import get_own_interface, is_interface
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import FixedIPRequest, FloatingIPSummary, Port, PortChanges
from kic_vm.resources.security_groups import SecurityGroupSummary
from kic_vm.schemas.instance_network_interfaces import AllowedAddressBody
from kic_vm.schemas.network_interfaces import (
    NetworkInterfaceCreateBody,
    NetworkInterfaceListQuerySchema,
    NetworkInterfaceUpdateBody,
)

_FILTERS: Final = listing.filters_of(
    NetworkInterfaceListQuerySchema,
    security_group_id=listing.any_equals("security_groups", "id"),
    security_group_name=listing.any_equals("security_groups", "name"),
)


def list_network_interfaces(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[NetworkInterfaceView], Pagination]:
    """A page of the project's network interfaces. 3 upstream calls side by side."""
    return recent_lists.page(services, "network-interfaces", _all_interfaces, query, _FILTERS)


def _all_interfaces(services: RequestServices) -> list[NetworkInterfaceView]:
    network = services.openstack.network
    ports, floating_ips, groups = gather_reads(
        services.openstack.network.list_whole_ports,
        network.list_floating_ips,
        network.list_security_groups,
    )
    return [_shown(services, port, floating_ips, groups) for port in ports if is_interface(port)]


def get_network_interface(services: RequestServices, port_id: str) -> NetworkInterfaceView:
    """One network interface. 3 upstream calls side by side.

    :raises NotFound: the project has no network interface with this id
    """
    network = services.openstack.network
    port, floating_ips, groups = gather_reads(
        partial(get_own_interface, services, port_id),
        partial(network.list_floating_ips_of, port_id),
        network.list_security_groups,
    )
    return _shown(services, port, floating_ips, groups)


def _shown(
    services: RequestServices,
    port: Port,
    floating_ips: Iterable[FloatingIPSummary],
    groups: Iterable[SecurityGroupSummary],
) -> NetworkInterfaceView:
    shown = mapping.interface_from_port(
        port,
        topology.project_name(services, port),
        public_ips_by_port(floating_ips),
        {group["id"]: group["name"] for group in groups},
    )
    # The official clients fail on null here, even in a single item of a list.
    return {**shown, "private_ip": shown["private_ip"] or ""}


def create_network_interface(
    services: RequestServices, body: NetworkInterfaceCreateBody
) -> UpdatedNetworkInterfaceView:
    """Create a network interface in a subnet. 4 upstream calls, the first 3 side by side.

    With an Idempotency-Key, one more before them.

    :param body: NetworkInterfaceCreateSchema, loaded
    :raises InvalidRequest: the subnet, the address or a security group is not valid
    :raises Conflict: the address is in use, or the subnet has no free address
    """
    subnet_id = str(body["subnet_id"])
    openstack = services.openstack
    description = request_marks.marked_description(
        _checked_description(body["description"]), services.context.idempotent_request
    )
    existing = earlier_attempts.find_marked(
        services, openstack.network.list_port_descriptions, openstack.network.get_port
    )
    if existing:
        return mapping.updated_interface_from_port(existing)
    with as_invalid_request("subnet_id", "subnet", subnet_id):
        subnet, networks, groups = gather_reads(
            partial(openstack.network.get_subnet, subnet_id),
            openstack.network.list_networks,
            services.openstack.network.list_security_groups,
        )
        if not any(
            network["id"] == subnet["network_id"] and is_vpc_for(network, services.project_id)
            for network in networks
        ):
            raise exceptions.NotFound
    fixed_ip: FixedIPRequest = {"subnet_id": subnet_id}
    if body["private_ip"]:
        check_address("private_ip", body["private_ip"], subnet)
        fixed_ip["ip_address"] = body["private_ip"]
    created = openstack.network.create_port(
        {
            "name": body["name"],
            "description": description,
            "network_id": subnet["network_id"],
            "fixed_ips": [fixed_ip],
            "security_groups": _own_groups(body["security_groups"], groups),
        }
    )
    return mapping.updated_interface_from_port(created)


def _checked_description(description: str | None) -> str:
    """The description for Neutron; never equal to the gateway's mark on its own ports."""
    description = description or ""
    if description == PORT_MARK:
        raise exceptions.InvalidField("description", "choose other words: these are taken.")
    return description


def _own_groups(requested_ids: list[uuid.UUID], groups: list[SecurityGroupSummary]) -> list[str]:
    """The ids of the requested groups, after a check that the project has each of them."""
    existing = {group["id"] for group in groups}
    ids = list(dict.fromkeys(str(group_id) for group_id in requested_ids))
    for group_id in ids:
        if group_id not in existing:
            raise exceptions.InvalidField(
                "security_groups",
                f"there is no security group {group_id} for this project.",
                FieldErrorCode.NOT_FOUND,
            )
    return ids


def update_network_interface(
    services: RequestServices, port_id: str, body: NetworkInterfaceUpdateBody
) -> UpdatedNetworkInterfaceView:
    """Change the name, description or security groups of an interface, attached or not.

    3 upstream calls, the first two side by side.

    :param body: NetworkInterfaceUpdateSchema, loaded; missing fields stay unchanged
    :raises NotFound: the project has no network interface with this id
    """
    port, groups = gather_reads(
        partial(get_own_interface, services, port_id),
        services.openstack.network.list_security_groups,
    )
    changes: PortChanges = {}
    name, group_ids = body.get("name"), body.get("security_groups")
    if name is not None:
        changes["name"] = name
    if "description" in body:
        changes["description"] = request_marks.changed_description(
            port["description"], _checked_description(body["description"])
        )
    if group_ids is not None:
        changes["security_groups"] = _own_groups(group_ids, groups)
    if changes:
        port = services.openstack.network.update_port(port, changes)
    return mapping.updated_interface_from_port(port)


def update_allowed_addresses(
    services: RequestServices, port_id: str, pairs: list[AllowedAddressBody] | None
) -> UpdatedNetworkInterfaceView:
    """Set the other addresses from which an interface can send; an empty list removes all.

    2 upstream calls.

    :raises NotFound: the project has no network interface with this id
    """
    return set_allowed_addresses(services, get_own_interface(services, port_id), pairs)


def set_allowed_addresses(
    services: RequestServices, port: Port, pairs: list[AllowedAddressBody] | None
) -> UpdatedNetworkInterfaceView:
    """Set the other addresses from which an interface can send. One upstream call.

    :param pairs: pairs with an ``ip_address``; None or empty removes all
    """
    addresses = dict.fromkeys(pair["ip_address"] for pair in pairs or () if pair["ip_address"])
    updated = services.openstack.network.update_port(
        port, {"allowed_address_pairs": [{"ip_address": address} for address in addresses]}
    )
    return mapping.updated_interface_from_port(updated)


def delete_network_interface(services: RequestServices, port_id: str) -> None:
    """Delete a network interface; its public IP becomes free. 2 upstream calls.

    :raises NotFound: the project has no network interface with this id
    :raises Conflict: the interface is attached to a device
    """
    port = get_own_interface(services, port_id)
    if port["device_id"]:
        raise exceptions.Conflict(
            f"The network interface is in use by {port['device_id']}: detach it first, or delete "
            "the instance with it."
        )
    services.openstack.network.delete_port(port)
