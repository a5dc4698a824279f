# SPDX-License-Identifier: Apache-2.0
"""Several instances in one request."""

from collections.abc import Callable

import openstack

from tests.functional.client import Client
from tests.functional.instances import Instances


def _make(member: Client, subnet_id: str, instances: Instances, count: int) -> list[dict[str, str]]:
    body = member.instance_body(subnet_id) | {"name": "functional-lot", "count": count}
    response = member.request("POST", "/api/v1/instances", json={"instance": body})
    assert response.status_code == 202, response.text
    made: list[dict[str, str]] = response.json()["instances"]
    instances.adopt(*(one["id"] for one in made))
    assert [one["name"] for one in made] == [
        f"functional-lot-{number}" for number in range(1, count + 1)
    ]
    assert response.json()["instance"]["id"] == made[0]["id"]
    for one in made:
        shown = member.get_instance(one["id"])
        assert shown["name"] == one["name"]
        assert shown["hostname"] == one["name"]
    return made


def test_made_by_nova(member: Client, subnet_id: str, instances: Instances) -> None:
    """All of them are named in the answer, as Nova names them."""
    made = _make(member, subnet_id, instances, 3)
    assert len({one["id"] for one in made}) == 3


def test_subnet_of_a_network_with_several(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    two_subnets: tuple[str, str],
    instances: Instances,
) -> None:
    """Each has an address of its own in the subnet that was named; their ports go with them."""
    made = _make(member, two_subnets[1], instances, 3)
    addresses = set()
    for one in made:
        member.watch(one["id"], "active")
        (address,) = member.get_instance(one["id"])["addresses"]
        assert address["private_ip"].startswith("10.78.0.")
        addresses.add(address["private_ip"])
    assert len(addresses) == 3
    for one in made:
        instances.remove(one["id"])
    ports = cloud("kic-member").network.ports(fixed_ips=f"subnet_id={two_subnets[1]}")
    assert [port.id for port in ports if port.device_owner != "network:distributed"] == []
