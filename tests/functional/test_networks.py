# SPDX-License-Identifier: Apache-2.0
"""Where a new instance's interfaces go."""

import uuid
from collections.abc import Callable

import openstack
import pytest

from tests.functional.client import Client
from tests.functional.instances import Instances


def test_subnet_of_a_network_with_several(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    two_subnets: tuple[str, str],
    instances: Instances,
) -> None:
    """The instance is in the subnet that was named, and its port goes with it."""
    instance_id, _seen = instances.make_active(subnets=[{"id": two_subnets[1]}])
    (address,) = member.get_instance(instance_id)["addresses"]
    assert address["private_ip"].startswith("10.78.0.")
    instances.remove(instance_id)
    ports = cloud("kic-member").network.ports(fixed_ips=f"subnet_id={two_subnets[1]}")
    assert [port.id for port in ports if port.device_owner != "network:distributed"] == []


def test_refused_create_leaves_no_port(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    two_subnets: tuple[str, str],
    subnet_id: str,
) -> None:
    """When Nova refuses what was asked for, the port made for it is gone again."""
    body = member.instance_body(subnet_id) | {
        "subnets": [{"id": two_subnets[0]}],
        "key_name": "nobody has this one",
    }
    response = member.request("POST", "/api/v1/instances", json={"instance": body})
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith("key_name")
    ports = cloud("kic-member").network.ports(fixed_ips=f"subnet_id={two_subnets[0]}")
    assert [port.id for port in ports if port.device_owner != "network:distributed"] == []


def test_address_and_interface_of_ones_own(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    instances: Instances,
    subnet_id: str,
) -> None:
    """A chosen address is given; one in use is refused; an existing interface is taken."""
    network = cloud("kic-member").network
    subnet = network.get_subnet(subnet_id)
    chosen = subnet.cidr.split("/")[0].rsplit(".", 2)[0] + ".9.9"
    port = network.create_port(network_id=subnet.network_id, name="functional")
    try:
        first, _seen = instances.make_active(
            subnets=[
                {"id": subnet_id, "private_ip": chosen},
                {"id": subnet_id, "network_interface_id": port.id},
            ]
        )
        addresses = member.get_instance(first)["addresses"]
        assert chosen in {address["private_ip"] for address in addresses}
        assert port.id in {address["network_interface_id"] for address in addresses}
        for subnets in (
            [{"id": subnet_id, "private_ip": chosen}],
            [{"id": subnet_id, "network_interface_id": port.id}],
        ):
            body = member.instance_body(subnet_id) | {"subnets": subnets}
            response = member.request("POST", "/api/v1/instances", json={"instance": body})
            assert response.status_code == 409, response.text
        instances.remove(first)
    finally:
        network.delete_port(port)


def test_refused_create_with_an_address_in_use(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    two_subnets: tuple[str, str],
    subnet_id: str,
) -> None:
    """Nova finds the address in use when a port has been made already: the port is gone again."""
    network = cloud("kic-member").network
    subnet = network.get_subnet(subnet_id)
    taken = network.create_port(network_id=subnet.network_id, name="functional")
    try:
        address = taken.fixed_ips[0]["ip_address"]
        body = member.instance_body(subnet_id) | {
            "subnets": [{"id": two_subnets[0]}, {"id": subnet_id, "private_ip": address}]
        }
        response = member.request("POST", "/api/v1/instances", json={"instance": body})
        assert response.status_code == 409, response.text
        assert response.json()["error"]["message"].startswith("subnets.private_ip")
    finally:
        network.delete_port(taken)
    ports = network.ports(fixed_ips=f"subnet_id={two_subnets[0]}")
    assert [port.id for port in ports if port.device_owner != "network:distributed"] == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"flavor_id": str(uuid.uuid4())}, "flavor_id"),
        ({"image_id": str(uuid.uuid4())}, "image_id"),
        ({"subnets": [{"id": str(uuid.uuid4())}]}, "subnets"),
        ({"subnets": None}, "subnets"),
        ({"volumes": [{"size": 1}]}, "volumes.0.size"),
        ({"volumes": [{"size": 2, "uuid": str(uuid.uuid4())}]}, "volumes.0.uuid"),
        (
            {
                "volumes": [
                    {"size": 2},
                    {"size": 2, "source_type": "image", "uuid": str(uuid.uuid4())},
                ]
            },
            "volumes.1.uuid",
        ),
        ({"volumes": [{"size": 2, "type_id": str(uuid.uuid4())}]}, "volumes.type_id"),
        ({"security_groups": [{"name": "nobody has this one"}]}, "security_groups"),
        ({"availability_zone": "kr-central-9-z"}, "availability_zone"),
        ({"user_data": "not base64!"}, "user_data"),
        ({"volumes": [{"source_type": "volume", "uuid": str(uuid.uuid4())}]}, "volumes.uuid"),
    ],
)
def test_impossible_wishes(
    member: Client, subnet_id: str, changes: dict[str, object], word: str
) -> None:
    """Each answers 400 and begins with the field to change; no instance is made."""
    before = member.get("/api/v1/instances")["pagination"]["total"]
    body = member.instance_body(subnet_id) | changes
    response = member.request("POST", "/api/v1/instances", json={"instance": body})
    assert response.status_code == 400, response.text
    message = response.json()["error"]["message"]
    assert message.removeprefix("instance.").startswith(word), message
    assert member.get("/api/v1/instances")["pagination"]["total"] == before
