# SPDX-License-Identifier: Apache-2.0
"""Volumes of an instance, on the real services."""

from collections.abc import Callable, Iterator

import openstack
import pytest

from tests.contract import check
from tests.functional import connections
from tests.functional.client import JSON, Client
from tests.functional.instances import Instances

Eventually = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def volume_id(
    cloud: Callable[[str], openstack.connection.Connection], eventually: Eventually
) -> Iterator[str]:
    """A volume of the project that nobody uses."""
    cinder = connections.block_storage(cloud("kic-member"))
    made = cinder.create_volume(name="functional-attach", size=1)
    cinder.wait_for_status(made, "available", wait=60)
    yield str(made.id)
    eventually(lambda: _is_gone(cinder, made.id), 60)


def _is_gone(cinder: connections.BlockStorage, volume_id: str) -> bool:
    volume = cinder.find_volume(volume_id)
    if volume is not None and volume.status in {"available", "error"}:
        cinder.delete_volume(volume)
    return volume is None


def attached(member: Client, instance_id: str) -> dict[str, JSON]:
    """The instance's volumes by id."""
    body = member.get(f"/api/v1/instances/{instance_id}")
    assert check("bcs", "GetInstance", body) == []
    return {item["id"]: item for item in body["instance"]["attached_volumes"]}


def test_attach_change_detach(
    member: Client,
    persona: Callable[[str], Client],
    cloud: Callable[[str], openstack.connection.Connection],
    instances: Instances,
    volume_id: str,
    eventually: Eventually,
) -> None:
    """A volume is attached until the instance shows it in_use, changed and detached again."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}/volumes/{volume_id}"
    for stranger in ("kic-other", "kic-operator"):
        answer = persona(stranger).request("POST", path, json={"volume": {}})
        assert answer.status_code == 404, answer.text
    assert member.request("DELETE", path).status_code == 404

    response = member.request("POST", path, json={"volume": {"is_delete_on_termination": True}})
    assert response.status_code == 200, response.text
    assert check("bcs", "AttachVolume", response.json()) == []
    assert attached(member, instance_id)[volume_id]["status"] in {"attaching", "in_use"}
    eventually(lambda: attached(member, instance_id)[volume_id]["status"] == "in_use", 30)
    shown = attached(member, instance_id)[volume_id]
    assert (shown["is_root"], shown["is_delete_on_termination"]) == (False, True)
    assert shown["mount_point"] == response.json()["volume"]["mount_point"]
    again = member.request("POST", path, json={"volume": {}})
    assert again.status_code == 409, again.text

    changes = {"is_delete_on_termination": False, "name": "renamed", "description": "d"}
    response = member.request("PUT", path, json={"volume": changes})
    assert response.status_code == 200, response.text
    shown = attached(member, instance_id)[volume_id]
    assert (shown["name"], shown["is_delete_on_termination"]) == ("renamed", False)
    assert cloud("kic-member").block_storage.get_volume(volume_id).description == "d"

    (root_id,) = (item["id"] for item in attached(member, instance_id).values() if item["is_root"])
    root = f"/api/v1/instances/{instance_id}/volumes/{root_id}"
    refused = member.request("DELETE", root)
    assert refused.status_code == 409, refused.text
    assert "root volume" in refused.json()["error"]["message"]
    keep = {"volume": {"is_delete_on_termination": False}}
    assert member.request("PUT", root, json=keep).status_code == 200
    assert attached(member, instance_id)[root_id]["is_delete_on_termination"] is False
    go = {"volume": {"is_delete_on_termination": True}}
    assert member.request("PUT", root, json=go).status_code == 200

    assert member.request("DELETE", path).status_code == 202
    eventually(lambda: volume_id not in attached(member, instance_id), 30)
    assert member.request("DELETE", path).status_code == 404


def test_detach_from_a_terminated_instance(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    instances: Instances,
    volume_id: str,
    eventually: Eventually,
) -> None:
    """The volume survives, although it was to go with the instance, as it does after a refusal."""
    instance_id, _seen = instances.make_active()
    path = f"/api/v1/instances/{instance_id}/volumes/{volume_id}"
    body = {"volume": {"is_delete_on_termination": True}}
    assert member.request("POST", path, json=body).status_code == 200
    eventually(lambda: attached(member, instance_id)[volume_id]["status"] == "in_use", 30)
    assert member.request("POST", f"/api/v1/instances/{instance_id}/shelve").status_code == 202
    member.watch(instance_id, "shelved_offloaded")
    assert attached(member, instance_id)[volume_id]["status"] == "reserved"
    operator = cloud("kic-operator").compute
    operator.lock_server(instance_id)
    try:
        assert member.request("DELETE", path).status_code == 409
    finally:
        operator.unlock_server(instance_id)
    assert attached(member, instance_id)[volume_id]["is_delete_on_termination"] is True
    assert member.request("DELETE", path).status_code == 202
    eventually(lambda: volume_id not in attached(member, instance_id), 30)
    cinder = connections.block_storage(cloud("kic-member"))
    eventually(lambda: cinder.get_volume(volume_id).status == "available", 30)
    refused = member.request("POST", path, json=body)
    assert refused.json()["error"]["code"] == "invalid_state"


def test_what_is_not_free(
    member: Client,
    cloud: Callable[[str], openstack.connection.Connection],
    instances: Instances,
    volume_id: str,
    eventually: Eventually,
) -> None:
    """Another project's volume is not there; one that is in Error is not free."""
    instance_id, _seen = instances.make_active()
    other = connections.block_storage(cloud("kic-other"))
    theirs = other.create_volume(name="functional-theirs", size=1)
    path = f"/api/v1/instances/{instance_id}/volumes"
    try:
        answer = member.request("POST", f"{path}/{theirs.id}", json={"volume": {}})
        assert answer.status_code == 404, answer.text
    finally:
        other.wait_for_status(theirs, "available", wait=60)
        other.delete_volume(theirs)
    operator = cloud("kic-operator").block_storage
    operator.reset_volume_status(volume_id, status="error")
    answer = member.request("POST", f"{path}/{volume_id}", json={"volume": {}})
    assert answer.status_code == 409, answer.text
    assert "Error" in answer.json()["error"]["message"]
