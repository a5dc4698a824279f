# SPDX-License-Identifier: Apache-2.0
"""Who may do what, on the real Keystone."""

from collections.abc import Callable

import pytest

from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances


def test_reader_looks_only(
    persona: Callable[[str], Client], instances: Instances, subnet_id: str
) -> None:
    """A reader sees the project's instance, and every command is refused."""
    reader = persona("kic-reader")
    instance_id = instances.make()
    path = f"/api/v1/instances/{instance_id}"
    assert reader.get(path)["instance"]["id"] == instance_id
    body = {"instance": reader.instance_body(subnet_id)}
    refused = [
        reader.request("POST", "/api/v1/instances", json=body),
        reader.request("PUT", path, json={"instance": {"name": "mine"}}),
        reader.request("DELETE", path),
        reader.request("POST", "/api/v1/keypairs", json={"keypair": {"name": "mine"}}),
        *(
            reader.request("POST", f"{path}/{command}")
            for command in ("start", "stop", "soft-reboot", "hard-reboot", "shelve", "unshelve")
        ),
    ]
    assert {response.status_code for response in refused} == {403}
    assert {response.json()["error"]["code"] for response in refused} == {"forbidden"}


@pytest.mark.parametrize("stranger", ["kic-other", "kic-operator"])
def test_another_project(
    persona: Callable[[str], Client], instances: Instances, stranger: str
) -> None:
    """Another project's instance is not there, for a cloud admin neither."""
    instance_id = instances.make()
    client = persona(stranger)
    path = f"/api/v1/instances/{instance_id}"
    assert client.request("GET", path).status_code == 404
    assert client.request("PUT", path, json={"instance": {"name": "mine"}}).status_code == 404
    assert client.request("POST", f"{path}/stop").status_code == 404
    assert client.request("DELETE", path).status_code == 404
    listed = client.get("/api/v1/instances", limit=1000)["instances"]
    assert instance_id not in {instance["id"] for instance in listed}


def test_project_admin_and_other_members(
    persona: Callable[[str], Client], instances: Instances
) -> None:
    """The project's admin and its other members work with the same instances."""
    instance_id = instances.make()
    for name in ("kic-admin", "kic-member2"):
        instance = persona(name).get_instance(instance_id)
        assert instance["id"] == instance_id


def test_forged_identity(gateway: Gateway) -> None:
    """Identity headers without a token, or with a wrong one, open nothing."""
    forged = {
        "X-Identity-Status": "Confirmed",
        "X-Roles": "admin,manager,member,reader",
        "X-Project-Id": "0" * 32,
        "X-User-Id": "0" * 32,
    }
    for token in (None, "gAAAAABmade-up"):
        client = Client(gateway.url, token)
        response = client.request("GET", "/api/v1/instances", headers=forged)
        assert response.status_code == 401
        assert response.json()["error"]["code"] == "unauthorized"
