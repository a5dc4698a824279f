# SPDX-License-Identifier: Apache-2.0
"""The life of an instance, with what of it is billed."""

import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.contract import check
from tests.functional.instances import Instances
from tests.integration.surroundings import Tenant

BILLED_WAYS = {
    "stop": ("stopped", {"Active", "Powering-off", "Stopped"}),
    "start": ("active", {"Stopped", "Powering-on", "Active"}),
    "soft-reboot": ("active", {"Active", "Rebooting", "Reboot_started"}),
    "hard-reboot": ("active", {"Active", "Rebooting_hard", "Rebooting_started_hard"}),
}


@pytest.fixture
def keypair(member: Tenant) -> Iterator[str]:
    """The name of a keypair of the member's own."""
    name = f"integration-{uuid.uuid4().hex[:8]}"
    response = member.request("POST", "/api/v1/keypairs", json={"keypair": {"name": name}})
    assert response.status_code == 201, response.text
    yield name
    assert member.delete(f"/api/v1/keypairs/{name}") in {204, 404}


def do(client: Tenant, instance_id: str, command: str, body: object = None) -> None:
    """Ask for a command."""
    response = client.request("POST", f"/api/v1/instances/{instance_id}/{command}", json=body)
    assert response.status_code == 202, response.text


def test_life(member: Tenant, instances: Instances, keypair: str) -> None:
    """Each command leads through its documented states, billed as documented, to its end."""
    size = member.instance_body("")["volumes"][0]["size"]
    blank = {"size": 1, "source_type": "blank", "is_delete_on_termination": True}
    instance_id, creation = instances.make_active(
        key_name=keypair, description="a machine's life", volumes=[{"size": size}, blank]
    )
    assert creation[-1] == ("Active", True)
    assert not any(billed for _state, billed in creation[:-1])
    body = member.get(f"/api/v1/instances/{instance_id}")
    assert check("bcs", "GetInstance", body) == []
    instance = body["instance"]
    assert (instance["key_name"], instance["availability_zone"]) == (keypair, member.zone)
    assert [volume["size"] for volume in instance["attached_volumes"]] == [size, 1]
    assert [volume["is_root"] for volume in instance["attached_volumes"]] == [True, False]

    for command, (end, way) in BILLED_WAYS.items():
        do(member, instance_id, command)
        seen = member.watch(instance_id, end)
        assert {state for state, _billed in seen} <= way
        assert all(billed for _state, billed in seen)

    do(member, instance_id, "shelve")
    seen = member.watch(instance_id, "shelved_offloaded")
    assert seen[-1] == ("Shelved_offloaded", False)
    do(member, instance_id, "start")
    seen = member.watch(instance_id, "active")
    assert seen[-1] == ("Active", True)
    assert not any(billed for _state, billed in seen[:-1])

    assert member.delete(f"/api/v1/instances/{instance_id}") == 204
    member.wait_until_gone(f"/api/v1/instances/{instance_id}", within=60)


@pytest.fixture
def resize(member: Tenant) -> Callable[[str], str]:
    """Ask for the larger flavor; its name."""
    flavor = member.flavor("RESIZE_FLAVOR", "t1i.small")

    def ask(instance_id: str) -> str:
        do(member, instance_id, "resize", {"flavor": {"id": flavor["id"]}})
        return str(flavor["name"])

    return ask


def test_resize_while_active(
    member: Tenant, instances: Instances, resize: Callable[[str], str]
) -> None:
    """It waits, unbilled, to be reverted or confirmed."""
    instance_id, _seen = instances.make_active()
    before = member.get_instance(instance_id)["flavor"]["name"]
    for command in ("revert-resize", "confirm-resize"):
        wanted = resize(instance_id)
        seen = member.watch(instance_id, "resized")
        assert not any(billed for _state, billed in seen)
        do(member, instance_id, command)
        assert member.watch(instance_id, "active")[-1] == ("Active", True)
        now = member.get_instance(instance_id)["flavor"]["name"]
        assert now == (wanted if command == "confirm-resize" else before)


def test_resize_while_stopped(
    member: Tenant, instances: Instances, resize: Callable[[str], str]
) -> None:
    """The status has left stopped with the answer, and comes back to it by itself."""
    instance_id, _seen = instances.make_active()
    do(member, instance_id, "stop")
    member.watch(instance_id, "stopped")
    wanted = resize(instance_id)
    assert member.get_instance(instance_id)["status"] != "stopped"
    assert member.watch(instance_id, "stopped")[-1] == ("Stopped", True)
    assert member.get_instance(instance_id)["flavor"]["name"] == wanted
