# SPDX-License-Identifier: Apache-2.0
"""The life of a machine, as a client sees it."""

from collections.abc import Callable
from functools import partial

from tests.contract import check
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances

ROUTE = "/api/v1/instances/{instance_id}"


def test_life_of_an_instance(member: Client, instances: Instances) -> None:
    """Each command leads through its documented states, billed as documented, to its end."""
    member.delete("/api/v1/keypairs/functional story")
    keypair = member.request(
        "POST", "/api/v1/keypairs", json={"keypair": {"name": "functional story"}}
    )
    assert keypair.status_code == 201, keypair.text
    assert check("bcs", "CreateKeypair", keypair.json()) == []
    assert "PRIVATE KEY" in keypair.json()["keypair"]["private_key"]

    instance_id, creation = instances.make_active(
        name="story",
        description="a machine's life",
        key_name="functional story",
        availability_zone="kr-central-2-a",
        volumes=[{"size": 3}, {"size": 1, "source_type": "blank"}],
    )
    assert creation[-1] == ("Active", True)
    assert not any(billed for _state, billed in creation[:-1])

    before = member.get(f"/api/v1/instances/{instance_id}")
    assert check("bcs", "GetInstance", before) == []
    instance = before["instance"]
    assert instance["key_name"] == "functional story"
    assert instance["availability_zone"] == "kr-central-2-a"
    assert instance["image"]["os_distro"] == "ubuntu"
    assert [volume["size"] for volume in instance["attached_volumes"]] == [3, 1]
    assert [volume["is_root"] for volume in instance["attached_volumes"]] == [True, False]
    assert [volume["is_delete_on_termination"] for volume in instance["attached_volumes"]] == [
        True,
        False,
    ]
    assert instance["addresses"][0]["network_interface_id"]
    assert [group["name"] for group in instance["security_groups"]] == ["default"]

    billed_ways = {
        "stop": ("stopped", {"Active", "Powering-off", "Stopped"}),
        "start": ("active", {"Stopped", "Powering-on", "Active"}),
        "soft-reboot": ("active", {"Active", "Rebooting", "Reboot_started"}),
        "hard-reboot": ("active", {"Active", "Rebooting_hard", "Rebooting_started_hard"}),
    }
    for command, (end, way) in billed_ways.items():
        response = member.request("POST", f"/api/v1/instances/{instance_id}/{command}")
        assert response.status_code == 202, response.text
        seen = member.watch(instance_id, end)
        assert {state for state, _billed in seen} <= way
        assert all(billed for _state, billed in seen)

    assert member.request("POST", f"/api/v1/instances/{instance_id}/shelve").status_code == 202
    seen = member.watch(instance_id, "shelved_offloaded")
    assert seen[-1] == ("Shelved_offloaded", False)
    assert all(state in {"Active", "Shelving"} and billed for state, billed in seen[:-1])
    shelved = member.get_instance(instance_id)
    assert {volume["status"] for volume in shelved["attached_volumes"]} == {"reserved"}
    for stable in ("availability_zone", "hostname", "image", "user_id", "instance_type"):
        assert shelved[stable] == instance[stable]

    # The documents have one start command for what is stopped and what is terminated.
    assert member.request("POST", f"/api/v1/instances/{instance_id}/start").status_code == 202
    seen = member.watch(instance_id, "active")
    assert {state for state, _billed in seen} <= {"Shelved_offloaded", "Unshelving", "Active"}
    assert not any(billed for _state, billed in seen[:-1])

    assert member.delete(f"/api/v1/instances/{instance_id}") == 204
    member.wait_until_gone(f"/api/v1/instances/{instance_id}", within=60)
    assert member.delete("/api/v1/keypairs/functional story") == 204
    assert member.delete("/api/v1/keypairs/functional story") == 404


def test_commands_the_state_does_not_allow(member: Client, instances: Instances) -> None:
    """A command out of place answers 409 with the state and what is possible, and does nothing."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}"
    for command, code in (("start", "already_in_state"), ("unshelve", "invalid_state")):
        for response in (
            member.request("POST", f"{path}/{command}"),
            member.request("POST", f"{path}/actions", json={"action": command}),
        ):
            assert response.status_code == 409
            error = response.json()["error"]
            assert (error["code"], error["state"]) == (code, "Active")
            assert "stop" in error["allowed_actions"]
    assert member.get_instance(instance_id)["status"] == "active"


def test_commands_by_name(member: Client, instances: Instances) -> None:
    """Each leads where its own path leads; what has nothing left to do says so."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}/actions"
    for command, end in (
        ("stop", "stopped"),
        ("shelve", "shelved_offloaded"),
        ("unshelve", "active"),
        ("soft-reboot", "active"),
    ):
        response = member.request("POST", path, json={"action": command})
        assert response.status_code == 202, response.text
        member.watch(instance_id, end)
        if command in {"stop", "shelve"}:
            again = member.request("POST", path, json={"action": command})
            assert (again.status_code, again.json()["error"]["code"]) == (409, "already_in_state")
            assert member.get_instance(instance_id)["status"] == end
    unknown = member.request("POST", path, json={"action": "explode"})
    assert unknown.status_code == 400
    assert "confirm-resize" in unknown.json()["error"]["message"]


def test_update(member: Client, instances: Instances) -> None:
    """A rename keeps the hostname; a null description clears it."""
    instance_id, _seen = instances.make_active(description="first")
    hostname = member.get_instance(instance_id)["hostname"]
    path = f"/api/v1/instances/{instance_id}"
    body = {"instance": {"name": "renamed", "description": None}}
    response = member.request("PUT", path, json=body)
    assert response.status_code == 200, response.text
    assert check("bcs", "UpdateInstance", response.json()) == []
    instance = member.get_instance(instance_id)
    assert (instance["name"], instance["description"]) == ("renamed", None)
    assert instance["hostname"] == hostname


def test_instance_that_no_host_can_take(
    member: Client, instances: Instances, eventually: Callable[..., None]
) -> None:
    """It is in Error, which is not billed, and can be deleted."""
    flavor = member.get("/api/v1/flavors", name="m2a.impossible")["flavors"][0]
    instance_id = instances.make(flavor_id=flavor["id"])
    eventually(lambda: member.get_instance(instance_id)["status"] == "error", 60)
    instance = member.get_instance(instance_id)
    assert check("bcs", "GetInstance", {"instance": instance}) == []
    assert instance["fault"]["code"] == "no_capacity"
    listed = member.get("/api/v1/instances", limit=1000)["instances"]
    assert [item["fault"] for item in listed if item["id"] == instance_id] == [instance["fault"]]
    lifecycle = instance["lifecycle"]
    assert lifecycle["billable"] is False
    assert "delete" in lifecycle["allowed_actions"]


def test_few_upstream_calls(member: Client, gateway: Gateway, instances: Instances) -> None:
    """With a warm token, get and list make at most 4 upstream calls, however many instances."""
    made = [instances.make_active()[0] for _number in range(2)]
    page = member.get("/api/v1/instances", limit=1000)
    assert check("bcs", "ListInstances", page) == []
    assert page["pagination"]["total"] >= 2
    list_all = partial(member.get, "/api/v1/instances", limit=1000)
    assert gateway.count_upstream_calls("/api/v1/instances", list_all) == 4
    get_one = partial(member.get_instance, made[-1])
    assert gateway.count_upstream_calls(ROUTE, get_one) == 4
