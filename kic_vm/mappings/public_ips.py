# SPDX-License-Identifier: Apache-2.0
"""Neutron floating IP -> public IP of the contract, with its network interface."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import TypedDict

from kic_vm.mappings.instance_public_ips import AssociatedPublicIpView, associated_public_ip
from kic_vm.resources.network import FloatingIP, Network, PortDetails, Subnet


class RelatedResourceView(TypedDict):
    """The network interface that a public IP is associated with; see RelatedResourceSchema."""

    id: str
    name: str | None
    status: str
    type: str | None
    device_owner: str | None
    device_id: str | None
    subnet_id: str | None
    subnet_name: str | None
    subnet_cidr: str | None
    vpc_id: str | None
    vpc_name: str | None


class PublicIpView(AssociatedPublicIpView):
    """A public IP in the responses to get and list; see PublicIpSchema."""

    related_resource: RelatedResourceView | None


def public_ip_from_floating_ip(
    floating_ip: FloatingIP, subnets: Iterable[Subnet], networks: Mapping[str, Network]
) -> PublicIpView:
    """The contract's public IP in the responses to get and list.

    :param subnets: the subnets that its network interface may be in
    :param networks: the networks of the subnets, by id
    """
    return {
        **associated_public_ip(floating_ip),
        "related_resource": _related_resource(
            floating_ip, floating_ip["port_id"], subnets, networks
        )
        if floating_ip["port_id"]
        else None,
    }


def _related_resource(
    floating_ip: FloatingIP,
    port_id: str,
    subnets: Iterable[Subnet],
    networks: Mapping[str, Network],
) -> RelatedResourceView:
    """The network interface that a public IP is associated with."""
    port: PortDetails = floating_ip.get("port_details") or {}
    address = ipaddress.ip_address(str(floating_ip["fixed_ip_address"]))
    subnet = next(
        (
            candidate
            for candidate in subnets
            if candidate["network_id"] == port.get("network_id")
            and address in ipaddress.ip_network(candidate["cidr"])
        ),
        None,
    )
    network = networks.get(port.get("network_id", ""))
    owner = port.get("device_owner") or None
    return {
        "id": port_id,
        "name": port.get("name"),
        "status": "in_use" if port.get("device_id") else "available",
        "type": "instance" if owner and owner.startswith("compute:") else None,
        "device_owner": owner,
        "device_id": port.get("device_id") or None,
        "subnet_id": subnet["id"] if subnet else None,
        "subnet_name": subnet["name"] if subnet else None,
        "subnet_cidr": subnet["cidr"] if subnet else None,
        "vpc_id": port.get("network_id"),
        "vpc_name": network["name"] if network else None,
    }
