# SPDX-License-Identifier: Apache-2.0
"""Resize on the real Nova, polled as fast as it answers."""

from collections.abc import Callable

import pytest

from tests.contract import check
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances

WORK = {"Resize_prep", "Resize_migrating", "Resize_migrated", "Resize_finished"}
# Which steps last long enough to be met by any poll; the others are met now and then.
RELIABLE = {"Resize_prep", "Resize_finished"}


def resize(client: Client, instance_id: str, flavor: str) -> str:
    """Ask for a flavor, and the status right after the answer."""
    flavor_id = client.get("/api/v1/flavors", name=flavor)["flavors"][0]["id"]
    path = f"/api/v1/instances/{instance_id}/resize"
    response = client.request("POST", path, json={"flavor": {"id": flavor_id}})
    assert (response.status_code, response.content) == (202, b""), response.text
    return str(client.get_instance(instance_id)["status"])


def command(client: Client, instance_id: str, name: str) -> None:
    response = client.request("POST", f"/api/v1/instances/{instance_id}/{name}")
    assert response.status_code == 202, response.text


def flavor_of(client: Client, instance_id: str) -> str:
    return str(client.get_instance(instance_id)["flavor"]["name"])


def test_resize_while_active(
    member: Client, instances: Instances, record_property: Callable[[str, object], None]
) -> None:
    """It waits to be confirmed or reverted, both lead back to Active, nothing of it is billed."""
    instance_id, _seen = instances.make_active()
    ways = {"revert-resize": "Resize_revert", "confirm-resize": "Resize_confirm"}
    for name, passes in ways.items():
        assert resize(member, instance_id, "t1i.small").startswith("resize_")
        seen = member.watch(instance_id, "resized", pause=0)
        record_property(f"active, {name}: there", seen)
        states = {state for state, _billed in seen}
        assert states <= {*WORK, "Resized"}
        assert states & WORK
        assert not any(billed for _state, billed in seen)
        instance = member.get_instance(instance_id)
        assert check("bcs", "GetInstance", {"instance": instance}) == []
        assert set(ways) <= set(instance["lifecycle"]["allowed_actions"])

        command(member, instance_id, name)
        seen = member.watch(instance_id, "active")
        record_property(f"active, {name}: back", seen)
        assert {state for state, _billed in seen} <= {passes, "Active"}
        assert not any(billed for state, billed in seen if state == passes)
        flavor = "t1i.small" if name == "confirm-resize" else "t1i.micro"
        assert flavor_of(member, instance_id) == flavor


def test_resize_while_stopped(
    member: Client, instances: Instances, record_property: Callable[[str, object], None]
) -> None:
    """The status has left stopped with the answer, and comes back to it by itself."""
    instance_id, _seen = instances.make_active()
    command(member, instance_id, "stop")
    member.watch(instance_id, "stopped")
    all_seen = []
    for flavor in ("t1i.small", "t1i.micro"):  # the second while the first is still remembered
        assert resize(member, instance_id, flavor).startswith("resize_")
        seen = member.watch(instance_id, "stopped", pause=0)
        record_property(f"stopped, to {flavor}", seen)
        all_seen += seen
        states = [state for state, _billed in seen]
        assert set(states) <= {*WORK, "Resize_confirm", "Stopped"}
        assert states[-2:] == ["Resize_confirm", "Stopped"]
        assert [billed for _state, billed in seen] == [*[False] * (len(seen) - 1), True]
        assert flavor_of(member, instance_id) == flavor
    assert {state for state, _billed in all_seen} >= RELIABLE
    command(member, instance_id, "start")
    member.watch(instance_id, "active")


def test_reader_confirms_nothing(
    persona: Callable[[str], Client], member: Client, instances: Instances
) -> None:
    """A reader sees the resized instance as it is; the next look of a member completes it."""
    reader = persona("kic-reader")
    instance_id, _seen = instances.make_active()
    command(member, instance_id, "stop")
    member.watch(instance_id, "stopped")
    resize(member, instance_id, "t1i.small")
    reader.watch(instance_id, "resized")
    assert reader.get_instance(instance_id)["status"] == "resized"
    listed = member.get("/api/v1/instances", limit=1000)["instances"]
    (mine,) = (item for item in listed if item["id"] == instance_id)
    assert mine["lifecycle"]["state"] == "Resize_confirm"
    member.watch(instance_id, "stopped")


@pytest.mark.parametrize("confirmation", ["manual", "auto"])
def test_configured_confirmation(
    start_gateway: Callable[..., Gateway], instances: Instances, member: Client, confirmation: str
) -> None:
    """manual: a stopped one waits too; auto: an active one does not wait either."""
    gateway = start_gateway(resize={"confirmation": confirmation})
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    instance_id, _seen = instances.make_active()
    if confirmation == "manual":
        command(client, instance_id, "stop")
        client.watch(instance_id, "stopped")
        resize(client, instance_id, "t1i.small")
        client.watch(instance_id, "resized")
        command(client, instance_id, "revert-resize")
        seen = client.watch(instance_id, "stopped")
        assert {state for state, _billed in seen} <= {"Resize_revert", "Stopped"}
        assert flavor_of(client, instance_id) == "t1i.micro"
    else:
        resize(client, instance_id, "t1i.small")
        seen = client.watch(instance_id, "active")
        assert {state for state, _billed in seen} <= {*WORK, "Resize_confirm", "Active"}
        assert flavor_of(client, instance_id) == "t1i.small"


def test_confirm_window(
    start_gateway: Callable[..., Gateway], instances: Instances, member: Client
) -> None:
    """A resized instance that nobody confirms or reverts is confirmed when its time is over."""
    options = {"confirmation": "manual", "confirm_window": "5"}
    gateway = start_gateway(resize=options)
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    instance_id, _seen = instances.make_active()
    resize(client, instance_id, "t1i.small")
    seen = client.watch(instance_id, "active")
    assert {state for state, _billed in seen} <= {*WORK, "Resized", "Resize_confirm", "Active"}
    assert flavor_of(client, instance_id) == "t1i.small"


def test_refusals(member: Client, instances: Instances) -> None:
    """Each says why, and the instance stays as it is."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}/resize"
    ids = {
        flavor["name"]: flavor["id"]
        for flavor in member.get("/api/v1/flavors", limit=1000)["flavors"]
    }
    for flavor_id, sentence in (
        (ids["t1i.micro"], "already has this flavor"),
        (ids["gn1i.xlarge"], "has instance_type vm, this flavor has gpu"),
        (instance_id, "there is no flavor"),
    ):
        response = member.request("POST", path, json={"flavor": {"id": flavor_id}})
        assert response.status_code == 400
        assert sentence in response.json()["error"]["message"]
    for name in ("confirm-resize", "revert-resize"):
        response = member.request("POST", f"/api/v1/instances/{instance_id}/{name}")
        assert (response.status_code, response.json()["error"]["code"]) == (409, "invalid_state")
    assert member.get_instance(instance_id)["status"] == "active"


def test_no_host(member: Client, instances: Instances) -> None:
    """Where no host can take the flavor, the instance goes back to what it was."""
    instance_id, _seen = instances.make_active()
    resize(member, instance_id, "m2a.impossible")
    seen = member.watch(instance_id, "active")
    assert {state for state, _billed in seen} <= {"Resize_prep", "Active"}
    assert flavor_of(member, instance_id) == "t1i.micro"
