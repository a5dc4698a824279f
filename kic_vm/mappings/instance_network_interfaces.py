# SPDX-License-Identifier: Apache-2.0
"""Neutron port -> network interface of the contract, as operations on instances show it."""

from collections.abc import Collection, Mapping
from typing import TypedDict, TypeVar

from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.times import utc
from kic_vm.resources.compute import InterfaceAttachment, Server
from kic_vm.resources.network import AddressPair, FixedIP, Port, PortSummary

AnyPort = TypeVar("AnyPort", bound=PortSummary)


class AttachedNetworkInterfaceView(TypedDict):
    """A network interface in the response to an attach; see AttachedNetworkInterfaceSchema."""

    id: str
    status: str
    mac_address: str
    private_ips: list[FixedIP]


class GroupView(TypedDict):
    """A security group of an instance or a network interface; see SecurityGroupSchema."""

    id: str
    name: str | None


class _InterfaceFields(TypedDict):
    """The fields of a network interface in all responses."""

    id: str
    name: str
    status: str
    description: str | None
    project_id: str
    is_network_interface_security_enabled: bool | None
    mac_address: str
    device_id: str
    secondary_ips: list[str]
    created_at: str
    updated_at: str


class UpdatedNetworkInterfaceView(_InterfaceFields):
    """A network interface in the response to a change; see UpdatedNetworkInterfaceSchema."""

    private_ip: str | None
    security_groups: list[str]


class _WholeInterfaceFields(_InterfaceFields):
    """The fields of a network interface in the responses to get and list."""

    project_name: str | None
    vpc_id: str
    subnet_id: str | None
    device_owner: str
    public_ip: str | None
    allowed_address_pairs: list[AddressPair]
    security_groups: list[GroupView]


class InstanceNetworkInterfaceView(_WholeInterfaceFields):
    """A network interface in an instance's list; see InstanceNetworkInterfaceSchema."""

    private_ip: str | None


class NetworkInterfaceView(_WholeInterfaceFields):
    """A network interface in the responses to get and list; see NetworkInterfaceSchema."""

    private_ip: str


def in_attachment_order(server: Server, ports: Collection[AnyPort]) -> list[AnyPort]:
    """A server's ports in the order in which Nova attached them: the first is the primary.

    Neutron does not know the order, and a port's age does not decide it: an old port may have been
    attached last. Nova lists the addresses in its order, grouped by network. Ports that Nova does
    not show, because they have no address or were attached just now, come last.
    """
    if len(ports) < 2:
        return list(ports)
    nova_addresses = (item for items in server["addresses"].values() for item in items)
    addresses = dict.fromkeys(item["OS-EXT-IPS-MAC:mac_addr"] for item in nova_addresses)
    order = {address: number for number, address in enumerate(addresses)}
    return sorted(
        ports,
        key=lambda port: (order.get(port["mac_address"], len(order)), port["created_at"]),
    )


def status_of(port: Port) -> str:
    """in_use for an attached interface, else available; Neutron's own status means link state."""
    return "in_use" if port["device_id"] else "available"


def interface_from_attachment(attachment: InterfaceAttachment) -> AttachedNetworkInterfaceView:
    """The contract's response to an attach."""
    return {
        "id": attachment["port_id"],
        "status": "in_use",
        "mac_address": attachment["mac_addr"],
        "private_ips": [
            {"ip_address": fixed["ip_address"], "subnet_id": fixed["subnet_id"]}
            for fixed in attachment["fixed_ips"]
        ],
    }


def updated_interface_from_port(port: Port) -> UpdatedNetworkInterfaceView:
    """The contract's response to an update: security groups by their ids."""
    addresses = [fixed["ip_address"] for fixed in port["fixed_ips"]]
    return {
        "id": port["id"],
        "name": port["name"],
        "status": status_of(port),
        "description": own_description(port["description"]) or None,
        "project_id": port["project_id"],
        "is_network_interface_security_enabled": port.get("port_security_enabled"),
        "security_groups": port["security_groups"],
        "mac_address": port["mac_address"],
        "device_id": port["device_id"],
        "secondary_ips": addresses[1:],
        "private_ip": addresses[0] if addresses else None,
        "created_at": utc(port["created_at"]),
        "updated_at": utc(port["updated_at"]),
    }


def interface_from_port(
    port: Port,
    project_name: str | None,
    public_ips: Mapping[tuple[str, str], str],
    group_names: Mapping[str, str],
) -> InstanceNetworkInterfaceView:
    """The contract's network interface in an instance's list.

    :param public_ips: floating IP addresses by port id and fixed address
    :param group_names: security group names by id
    """
    fixed_ips = port["fixed_ips"]
    public = (public_ips.get((port["id"], fixed["ip_address"])) for fixed in fixed_ips)
    return {
        **updated_interface_from_port(port),
        "project_name": project_name,
        "vpc_id": port["network_id"],
        "subnet_id": fixed_ips[0]["subnet_id"] if fixed_ips else None,
        "device_owner": port["device_owner"],
        "public_ip": next((address for address in public if address), None),
        "allowed_address_pairs": [
            {"mac_address": pair["mac_address"], "ip_address": pair["ip_address"]}
            for pair in port["allowed_address_pairs"]
        ],
        "security_groups": [
            {"id": group, "name": group_names.get(group)} for group in port["security_groups"]
        ],
    }
