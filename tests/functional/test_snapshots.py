# SPDX-License-Identifier: Apache-2.0
"""Snapshots, on the real services; the bytes in them by the block store."""

import os
from collections.abc import Callable
from functools import partial

import openstack

from tests.contract import check
from tests.functional.block_store import BlockStore
from tests.functional.client import JSON, Client, Gateway
from tests.functional.instances import Instances
from tests.functional.test_volumes import refusal
from tests.functional.volumes import ZONE, Volumes

Connect = Callable[[str], openstack.connection.Connection]

MIB = 2**20


def test_whole_life(member: Client, volumes: Volumes, gateway: Gateway) -> None:
    """Made, shown, listed, renamed, restored and deleted; the restored volume stays."""
    volume_id = volumes.make_available(size=2)
    snapshot_id = volumes.snapshot(volume_id, description="first")
    snapshot = volumes.wait_for_snapshot(snapshot_id)
    assert (snapshot["name"], snapshot["description"]) == ("functional-snapshot", "first")
    assert (snapshot["volume_id"], snapshot["size"]) == (volume_id, 2)
    assert (snapshot["is_incremental"], snapshot["parent_id"]) == (False, None)
    path = f"/api/v1/snapshots/{snapshot_id}"
    for field in ("id", "name", "status", "volume_id", "is_incremental", "created_at"):
        value = snapshot[field]
        wanted = str(value).lower() if isinstance(value, bool) else value
        body = member.get("/api/v1/snapshots", limit=1000, **{field: wanted})
        assert check("volume", "ListSnapshots", body) == []
        assert snapshot in body["snapshots"], field
    list_all = partial(member.get, "/api/v1/snapshots", limit=1000)
    assert gateway.count_upstream_calls("/api/v1/snapshots", list_all) == 1
    assert member.get("/api/v1/snapshots", is_incremental="true")["snapshots"] == []

    body = {"snapshot": {"name": "functional-renamed", "description": None}}
    response = member.request("PUT", path, json=body)
    assert response.status_code == 200, response.text
    assert check("volume", "UpdateSnapshot", response.json()) == []
    snapshot = volumes.get_snapshot(snapshot_id)
    assert (snapshot["name"], snapshot["description"]) == ("functional-renamed", None)

    restored_id = volumes.restore(snapshot_id)
    assert volumes.get(restored_id)["size"] == 2
    assert volumes.watch(restored_id, "available")[-1] == "Active"
    assert volumes.get(restored_id)["description"] is None

    error = refusal(member, "DELETE", f"/api/v1/volumes/{volume_id}", 409)
    assert error["snapshots"] == [snapshot_id]
    assert volumes.get(volume_id)["status"] == "available"
    assert member.delete(path) == 202
    member.wait_until_gone(path, within=30)
    assert volumes.get(restored_id)["status"] == "available"
    assert member.delete(f"/api/v1/volumes/{volume_id}") == 202


def test_of_an_attached_volume(member: Client, volumes: Volumes, instances: Instances) -> None:
    """The volume is Backing-Up meanwhile and takes no second one; the restored one is attached."""
    volume_id = volumes.make_available()
    instance_id, _seen = instances.make_active()
    attachments = f"/api/v1/instances/{instance_id}/volumes"
    attach: JSON = {"volume": {}}
    assert member.request("POST", f"{attachments}/{volume_id}", json=attach).status_code == 200
    volumes.watch(volume_id, "in_use")
    snapshot_id = volumes.snapshot(volume_id)
    assert volumes.watch(volume_id, "in_use")[:-1] in ([], ["Backing-Up"])
    volumes.wait_for_snapshot(snapshot_id)
    restored_id = volumes.restore(snapshot_id)
    assert volumes.watch(restored_id, "available")[-1] == "Active"
    assert member.request("POST", f"{attachments}/{restored_id}", json=attach).status_code == 200
    volumes.watch(restored_id, "in_use")
    shown = member.get_instance(instance_id)["attached_volumes"]
    assert {volume_id, restored_id} < {item["id"] for item in shown}


def test_refusals(
    member: Client, persona: Callable[[str], Client], cloud: Connect, volumes: Volumes
) -> None:
    """What a snapshot cannot do, and what others may not, is refused; nothing is made."""
    volume_id = volumes.make_available()
    path = f"/api/v1/volumes/{volume_id}/snapshots"
    wanted = {"name": "incremental", "is_incremental": True}
    error = refusal(member, "POST", path, 409, {"snapshot": wanted})
    assert "must be full" in error["message"]
    assert member.get("/api/v1/snapshots", volume_id=volume_id)["snapshots"] == []

    snapshot_id = volumes.snapshot(volume_id)
    volumes.wait_for_snapshot(snapshot_id)
    one = f"/api/v1/snapshots/{snapshot_id}"
    restore = {"restore": {"name": "mine", "availability_zone": ZONE}}
    commands = (
        ("GET", "", None),
        ("PUT", "", {"snapshot": {"name": "mine"}}),
        ("POST", "/restore", restore),
        ("DELETE", "", None),
    )
    for stranger in ("kic-other", "kic-operator"):
        for method, suffix, body in commands:
            refusal(persona(stranger), method, one + suffix, 404, body)
        assert persona(stranger).get("/api/v1/snapshots", volume_id=volume_id)["snapshots"] == []
    for method, suffix, body in commands[1:]:
        refusal(persona("kic-reader"), method, one + suffix, 403, body)

    operator = cloud("kic-operator").block_storage
    operator.reset_snapshot_status(snapshot_id, "creating")
    assert volumes.get(volume_id)["status"] == "backing_up"
    for method, suffix, body in commands[2:]:
        assert refusal(member, method, one + suffix, 409, body)["code"] == "invalid_state"
    error = refusal(member, "POST", path, 409, {"snapshot": wanted | {"is_incremental": False}})
    assert error["state"] == "Backing-Up"
    operator.reset_snapshot_status(snapshot_id, "error_deleting")
    assert volumes.get_snapshot(snapshot_id)["status"] == "error"
    operator.reset_snapshot_status(snapshot_id, "available")


def test_quota(persona: Callable[[str], Client], cloud: Connect) -> None:
    """A quota of snapshots that is used up is named."""
    other, operator = persona("kic-other"), cloud("kic-operator").block_storage
    project = cloud("kic-other").current_project_id
    quota = f"/os-quota-sets/{project}"
    before = operator.get(quota).json()["quota_set"]["snapshots"]
    made = Volumes(other)
    try:
        path = f"/api/v1/volumes/{made.make_available()}/snapshots"
        operator.put(quota, json={"quota_set": {"snapshots": 0}})
        body = {"snapshot": {"name": "too many", "is_incremental": False}}
        error = refusal(other, "POST", path, 403, body)
    finally:
        operator.put(quota, json={"quota_set": {"snapshots": before}})
        made.remove_all()
    assert error["code"] == "quota_exceeded"
    assert "quota of snapshots" in error["message"]


def test_chain(member: Client, cloud: Connect, volumes: Volumes) -> None:
    """Incremental ones continue the newest, outlive a rename, and go the newest first."""
    volume_id = volumes.make_available()
    made = cloud("kic-member").block_storage.create_snapshot(volume_id=volume_id, name="by-cinder")
    volumes.adopt_snapshot(made.id)
    chain = [volumes.wait_for_snapshot(made.id)]
    for _number in range(2):
        snapshot_id = volumes.snapshot(volume_id, is_incremental=True)
        chain.append(volumes.wait_for_snapshot(snapshot_id))
    assert [one["is_incremental"] for one in chain] == [False, True, True]
    assert [one["parent_id"] for one in chain] == [None, chain[0]["id"], chain[1]["id"]]
    path = f"/api/v1/snapshots/{chain[1]['id']}"
    body = {"snapshot": {"name": "functional-renamed"}}
    assert member.request("PUT", path, json=body).status_code == 200
    assert volumes.get_snapshot(chain[1]["id"])["parent_id"] == chain[0]["id"]
    for number, is_needed in enumerate((True, True, False)):
        shown = volumes.get_snapshot(chain[number]["id"])
        assert shown["is_dependent_snapshot"] is is_needed
        listed = member.get("/api/v1/snapshots", id=shown["id"])["snapshots"]
        assert listed == [shown]

    error = refusal(member, "DELETE", f"/api/v1/snapshots/{chain[0]['id']}", 409)
    assert error["snapshots"] == [chain[2]["id"], chain[1]["id"]]
    restored_id = volumes.restore(chain[2]["id"])
    volumes.watch(restored_id, "available")
    for one in reversed(chain):
        assert member.delete(f"/api/v1/snapshots/{one['id']}") == 202
        member.wait_until_gone(f"/api/v1/snapshots/{one['id']}", within=30)
    assert volumes.get(restored_id)["status"] == "available"


def test_what_was_written_comes_back(volumes: Volumes, block_store: BlockStore) -> None:
    """Bytes written before a snapshot are in the restored volume, those written after are not."""
    volume_id = volumes.make_available()
    first, last, later = (os.urandom(64 * 1024) for _ in range(3))
    end = 1024 * MIB - len(last)
    block_store.write(volume_id, 5 * MIB, first)
    block_store.write(volume_id, end, last)
    snapshot_id = volumes.snapshot(volume_id)
    volumes.wait_for_snapshot(snapshot_id)
    block_store.write(volume_id, 5 * MIB, later)
    volumes.extend(volume_id, 2)

    restored_id = volumes.restore(snapshot_id)
    volumes.watch(restored_id, "available")
    assert block_store.read(restored_id, 5 * MIB, len(first)) == first
    assert block_store.read(restored_id, end, len(last)) == last
    assert block_store.size(restored_id) == 1024 * MIB
    assert block_store.read(volume_id, 5 * MIB, len(later)) == later
    assert block_store.read(volume_id, end, len(last)) == last
    assert block_store.size(volume_id) == 2048 * MIB
