# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance, on the real services."""

from collections.abc import Callable, Iterator

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

Eventually = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def interface_id(
    cloud: Callable[[str], openstack.connection.Connection], subnet_id: str
) -> Iterator[str]:
    """A network interface of the project that nobody uses."""
    network = cloud("kic-member").network
    subnet = network.get_subnet(subnet_id)
    port = network.create_port(network_id=subnet.network_id, name="functional")
    yield str(port.id)
    network.delete_port(port)


def test_groups_of_a_prepared_interface(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    interface_id: str,
    subnet_id: str,
    instances: Instances,
) -> None:
    """The answer to a creation names the groups that the instance then is in."""
    network = cloud("kic-member").network
    group = network.create_security_group(name="functional-prepared")
    try:
        network.update_port(interface_id, security_groups=[group.id])
        subnets = [{"id": subnet_id, "network_interface_id": interface_id}]
        body = member.instance_body(subnet_id) | {"subnets": subnets}
        answer = member.request("POST", "/api/v1/instances", json={"instance": body})
        assert answer.status_code == 202, answer.text
        created = answer.json()["instance"]
        instances.adopt(created["id"])
        assert created["security_groups"] == [{"name": "functional-prepared"}]
        member.watch(created["id"], "active")
        shown = member.get_instance(created["id"])["security_groups"]
        assert [{"name": one["name"]} for one in shown] == created["security_groups"]
        instances.remove_all()
    finally:
        network.update_port(interface_id, security_groups=[])
        network.delete_security_group(group)


def listed(member: Client, instance_id: str) -> list[str]:
    """Ids of the instance's interfaces, after a look at the shape of the list."""
    body = member.get(f"/api/v1/instances/{instance_id}/network-interfaces")
    assert check("bcs", "ListInstanceNetworkInterfaces", body) == []
    assert body["pagination"]["total"] == len(body["network_interfaces"])
    return [item["id"] for item in body["network_interfaces"]]


def addressed(member: Client, instance_id: str) -> list[str]:
    """Ids of the interfaces in the instance's addresses."""
    addresses = member.get_instance(instance_id)["addresses"]
    return [item["network_interface_id"] for item in addresses]


def test_attach_and_detach(
    member: Client,
    persona: Callable[[str], Client],
    cloud: Callable[[str], openstack.connection.Connection],
    interface_id: str,
    instances: Instances,
    eventually: Eventually,
) -> None:
    """An interface older than the instance becomes its second, and can leave; the first cannot."""
    instance_id, _seen = instances.make_active()
    (primary,) = listed(member, instance_id)
    path = f"/api/v1/instances/{instance_id}/network-interfaces"
    for stranger in ("kic-other", "kic-operator"):
        client = persona(stranger)
        assert client.request("GET", path).status_code == 404
        assert client.request("POST", f"{path}/{interface_id}").status_code == 404
    assert member.request("DELETE", f"{path}/{interface_id}").status_code == 404

    response = member.request("POST", f"{path}/{interface_id}")
    assert response.status_code == 200, response.text
    assert check("bcs", "AttachNetworkInterface", response.json()) == []
    assert listed(member, instance_id) == addressed(member, instance_id) == [primary, interface_id]
    assert member.request("POST", f"{path}/{interface_id}").status_code == 409
    refused = member.request("DELETE", f"{path}/{primary}")
    assert refused.status_code == 409, refused.text
    assert "primary" in refused.json()["error"]["message"]

    port = cloud("kic-member").network.get_port(interface_id)
    third = cloud("kic-member").network.create_port(network_id=port.network_id)
    try:
        refused = member.request("POST", f"{path}/{third.id}")
        assert refused.status_code == 409, refused.text
        assert "at most 2" in refused.json()["error"]["message"]
        lifecycle = member.get_instance(instance_id)["lifecycle"]
        assert "attach-network-interface" not in lifecycle["allowed_actions"]
    finally:
        cloud("kic-member").network.delete_port(third)

    assert member.request("DELETE", f"{path}/{interface_id}").status_code == 202
    eventually(lambda: addressed(member, instance_id) == [primary], 30)
    assert member.request("DELETE", f"{path}/{interface_id}").status_code == 404


def test_allowed_addresses(member: Client, instances: Instances) -> None:
    """They are replaced as a whole, and cleared by nothing."""
    instance_id, _seen = instances.make_active()
    (primary,) = listed(member, instance_id)
    path = f"/api/v1/instances/{instance_id}/network-interfaces"
    pairs = f"{path}/{primary}/allowed-address-pairs"
    wanted = [{"ip_address": "10.99.0.0/24"}, {"ip_address": "10.98.0.1"}]
    for body, expected in (
        (wanted, {"10.99.0.0/24", "10.98.0.1"}),
        (wanted[:1], {"10.99.0.0/24"}),
        ([{"ip_address": None}], set()),
        (wanted, {"10.99.0.0/24", "10.98.0.1"}),
        (None, set()),
    ):
        response = member.request("PUT", pairs, json={"allowed_address_pairs": body})
        assert response.status_code == 200, response.text
        assert check("bcs", "UpdateNetworkInterfaceAllowedAddresses", response.json()) == []
        (shown,) = member.get(path)["network_interfaces"]
        assert {pair["ip_address"] for pair in shown["allowed_address_pairs"]} == expected
    many = [{"ip_address": f"10.99.0.{number}"} for number in range(1, 12)]
    refused = member.request("PUT", pairs, json={"allowed_address_pairs": many})
    assert refused.status_code == 400, refused.text
    assert "at most 10" in refused.json()["error"]["message"]
