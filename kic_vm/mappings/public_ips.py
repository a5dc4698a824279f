# SPDX-License-Identifier: Apache-2.0
"""Neutron floating IP -> public IP of the contract, with its network interface."""

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from kic_vm.mappings.instance_public_ips import associated_public_ip

JSON = dict[str, Any]


def public_ip_from_floating_ip(
    floating_ip: JSON, subnets: Iterable[JSON], networks: Mapping[str, JSON]
) -> JSON:
    """The contract's public IP in the responses to get and list.

    :param subnets: the subnets that its network interface may be in
    :param networks: the networks of the subnets, by id
    """
    return associated_public_ip(floating_ip) | {
        "related_resource": _related_resource(floating_ip, subnets, networks)
        if floating_ip["port_id"]
        else None,
    }


def _related_resource(
    floating_ip: JSON, subnets: Iterable[JSON], networks: Mapping[str, JSON]
) -> JSON:
    """The network interface that a public IP is associated with."""
    port = floating_ip.get("port_details") or {}
    address = ipaddress.ip_address(floating_ip["fixed_ip_address"])
    subnet: JSON = next(
        (
            candidate
            for candidate in subnets
            if candidate["network_id"] == port.get("network_id")
            and address in ipaddress.ip_network(candidate["cidr"])
        ),
        {},
    )
    owner = port.get("device_owner") or None
    return {
        "id": floating_ip["port_id"],
        "name": port.get("name"),
        "status": "in_use" if port.get("device_id") else "available",
        "type": "instance" if owner and owner.startswith("compute:") else None,
        "device_owner": owner,
        "device_id": port.get("device_id") or None,
        "subnet_id": subnet.get("id"),
        "subnet_name": subnet.get("name"),
        "subnet_cidr": subnet.get("cidr"),
        "vpc_id": port.get("network_id"),
        "vpc_name": networks.get(port.get("network_id", ""), {}).get("name"),
    }
