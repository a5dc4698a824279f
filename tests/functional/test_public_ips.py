# SPDX-License-Identifier: Apache-2.0
"""Public IPs on real Neutron: the project admin's alone."""

from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from tests.contract import check
from tests.functional.client import Client
from tests.functional.instances import Instances

JSON = dict[str, Any]
Cloud = Callable[[str], openstack.connection.Connection]
ALL = "/api/v1/public-ips"


@pytest.fixture
def admin(persona: Callable[[str], Client]) -> Client:
    """The project's admin."""
    return persona("kic-admin")


@pytest.fixture
def public_ip(admin: Client) -> Iterator[JSON]:
    """A public IP that leads nowhere."""
    response = admin.request("POST", ALL, json={"public_ip": {"description": "functional"}})
    assert response.status_code == 201, response.text
    assert check("network", "CreatePublicIp", response.json()) == []
    made: JSON = response.json()["public_ip"]
    yield made
    assert admin.delete(f"{ALL}/{made['id']}") in {204, 404}


def shown(client: Client, public_ip_id: str) -> JSON:
    """A public IP, held against the contract."""
    body = client.get(f"{ALL}/{public_ip_id}")
    assert check("network", "GetPublicIp", body) == []
    found: JSON = body["public_ip"]
    return found


def test_life(admin: Client, cloud: Cloud, public_ip: JSON) -> None:
    """It is there with its description, described anew, listed, and given back."""
    path = f"{ALL}/{public_ip['id']}"
    found = shown(admin, public_ip["id"])
    assert (found["status"], found["related_resource"]) == ("available", None)
    assert (found["description"], found["private_ip"]) == ("functional", None)
    change = {"public_ip": {"description": "described"}}
    response = admin.request("PUT", path, json=change)
    assert check("network", "UpdatePublicIp", response.json()) == []
    assert shown(admin, public_ip["id"])["description"] == "described"
    listed = admin.get(ALL, public_ip=found["public_ip"], status="available")
    assert check("network", "ListPublicIps", listed) == []
    assert [one["id"] for one in listed["public_ips"]] == [public_ip["id"]]
    assert admin.delete(path) == 204
    assert admin.request("GET", path).status_code == 404
    assert cloud("kic-admin").network.find_ip(public_ip["id"]) is None


def test_leading_to_an_instance(
    admin: Client, member: Client, public_ip: JSON, instances: Instances, subnet_id: str
) -> None:
    """What it leads to is told; meanwhile it is neither deleted nor moved."""
    instance_id, _seen = instances.make_active()
    (address,) = member.get_instance(instance_id)["addresses"]
    interface = f"{ALL}/{public_ip['id']}/network-interfaces/{address['network_interface_id']}"
    assert admin.request("DELETE", interface).status_code == 404
    response = admin.request("PUT", interface)
    assert response.status_code == 200, response.text
    assert check("network", "AssociatePublicIp", response.json()) == []
    found = shown(admin, public_ip["id"])
    assert (found["status"], found["private_ip"]) == ("in_use", address["private_ip"])
    related = found["related_resource"]
    assert (related["id"], related["device_id"]) == (address["network_interface_id"], instance_id)
    assert (related["type"], related["status"], related["subnet_id"]) == (
        "instance",
        "in_use",
        subnet_id,
    )
    assert related["device_owner"].startswith("compute:")
    (listed,) = admin.get(ALL, related_resource_id=related["id"])["public_ips"]
    assert listed["related_resource"] == related
    (address,) = member.get_instance(instance_id)["addresses"]
    assert address["public_ip"] == found["public_ip"]  # which a member sees there, and only there
    for method, path in (("DELETE", f"{ALL}/{public_ip['id']}"), ("PUT", interface)):
        assert admin.request(method, path).status_code == 409
    response = admin.request("DELETE", interface)
    assert check("network", "DisassociatePublicIp", response.json()) == []
    assert shown(admin, public_ip["id"])["related_resource"] is None


def test_nobody_elses(persona: Callable[[str], Client], public_ip: JSON) -> None:
    """Members and readers do not even list them; to other projects they are not there."""
    path = f"{ALL}/{public_ip['id']}"
    for name in ("kic-member", "kic-reader"):
        for method, one in (("GET", ALL), ("POST", ALL), ("GET", path), ("DELETE", path)):
            body: JSON | None = {"public_ip": {}} if method == "POST" else None
            response = persona(name).request(method, one, json=body)
            assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden")
    operator = persona("kic-operator")
    assert operator.request("GET", path).status_code in {403, 404}
    assert operator.request("DELETE", path).status_code in {403, 404}
