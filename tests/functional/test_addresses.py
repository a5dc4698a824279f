# SPDX-License-Identifier: Apache-2.0
"""Addresses on the real network service: each one is taken, or refused by the field's name."""

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any, Final

import openstack
import pytest

from tests.functional.client import Client

JSON = dict[str, Any]

ADDRESSES: Final = [
    "255.255.255.255",
    "224.0.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "010.0.0.1",
    "1.2.3",
    "10.0.0.1 ",
    "",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:10.0.0.1",
    "2001:DB8::1",
    "2001:db8:0:0::1",
]
RANGES: Final = [
    "0.0.0.0/0",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "10.0.0.5/8",
    "10.0.0.1/0",
    "10.0.0.1/08",
    "10.0.0.1/33",
    "10.0.0.1/255.255.255.0",
    "224.0.0.0/4",
    "::/0",
    "2001:db8::1/64",
    "2001:db8::/64",
    "fe80::%1/64",
    "::ffff:10.0.0.0/104",
]


@pytest.fixture
def interface_id(
    cloud: Callable[[str], openstack.connection.Connection], subnet_id: str
) -> Iterator[str]:
    """A network interface of the project that nobody uses."""
    network = cloud("kic-member").network
    network_id = network.get_subnet(subnet_id).network_id
    port = network.create_port(network_id=network_id, name="functional-addresses")
    yield str(port.id)
    network.delete_port(port)


@pytest.fixture
def group_id(cloud: Callable[[str], openstack.connection.Connection]) -> Iterator[str]:
    """A security group of the project."""
    network = cloud("kic-member").network
    group = network.create_security_group(name="functional-addresses")
    yield str(group.id)
    network.delete_security_group(group)


def is_taken(client: Client, method: str, path: str, body: JSON, field: str) -> bool:
    """Whether a request is done; one that is refused names its field."""
    answer = client.request(method, path, json=body)
    if answer.status_code < 300:
        return True
    assert answer.status_code in {400, 409}, answer.text
    message = answer.json()["error"]["message"]
    assert field in message.partition(": ")[0], (body, message)
    return False


def test_allowed_addresses(member: Client, interface_id: str) -> None:
    """What the network service takes is taken; what it refuses is named."""
    path = f"/api/v1/network-interfaces/{interface_id}/allowed-address-pairs"
    taken = {
        text
        for text in [*ADDRESSES, *RANGES]
        if is_taken(
            member,
            "PUT",
            path,
            {"allowed_address_pairs": [{"ip_address": text}]},
            "ip_address",
        )
    }
    assert {"10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64", "fe80::1"} <= taken
    assert not {"fe80::1%eth0", "10.0.0.1/08", "10.0.0.1/255.255.255.0", "ff02::1"} & taken
    many = [{"ip_address": f"10.9.{number}.1"} for number in range(100)]
    body = {"allowed_address_pairs": many}
    assert not is_taken(member, "PUT", path, body, "allowed_address_pairs")


def test_rules(member: Client, group_id: str) -> None:
    """A rule's range is taken as it will be shown, or refused."""
    path = f"/api/v1/security-groups/{group_id}/rules"
    for text in [*ADDRESSES, *RANGES]:
        rule = {"direction": "ingress", "protocol": "ALL", "remote_ip_prefix": text}
        done = is_taken(member, "POST", path, {"security_group_rule": rule}, "remote_ip_prefix")
        if done:
            assert str(ipaddress.ip_network(text)) == text


def test_private_ip(member: Client, subnet_id: str, group_id: str) -> None:
    """An address that no interface can have is refused."""
    body = {
        "name": "functional-addresses",
        "subnet_id": subnet_id,
        "security_groups": [group_id],
    }
    for text in ADDRESSES:
        interface = {"network_interface": body | {"private_ip": text}}
        path = "/api/v1/network-interfaces"
        assert not is_taken(member, "POST", path, interface, "private_ip")
