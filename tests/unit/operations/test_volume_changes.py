# SPDX-License-Identifier: Apache-2.0
"""Volumes that exist: update, extend, delete."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, ROOT_VOLUME, SNAPSHOT, body
from tests.unit.cloud import MICROVERSION, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_volume_get import VOLUMES, serve
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
FREE = f"/api/v1/volumes/{FREE_VOLUME}"
DATA = f"/api/v1/volumes/{DATA_VOLUME}"
ROOT = f"/api/v1/volumes/{ROOT_VOLUME}"
LARGER = {"volume": {"new_size": 10}}


def in_statuses(cloud: Cloud, volume_id: str, *statuses: str) -> None:
    """Cinder shows the volume in these statuses, one after the other, then in the last."""
    left = list(statuses)

    def answer(_request: Request, _context: Any) -> JSON:
        status = left.pop(0) if len(left) > 1 else left[0]
        return {"volume": VOLUMES[volume_id] | {"status": status}}

    cloud.answer("GET", "cinder", f"/volumes/{volume_id}", answer)


def snapshots(cloud: Cloud, volume_id: str, *found: JSON, status: str = "") -> None:
    """Cinder has these snapshots of the volume."""
    query = f"volume_id={volume_id}" + (f"&status={status}" if status else "")
    cloud.answer("GET", "cinder", f"/snapshots/detail?{query}", {"snapshots": list(found)})


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"name": "new", "description": ""}, {"name": "new", "description": ""}),
        ({"name": "new"}, {"name": "new"}),
        ({"description": None}, {"description": None}),
        ({"name": None, "description": "d"}, {"description": "d"}),
    ],
)
def test_update(member: Caller, populated: Cloud, changes: JSON, sent: JSON) -> None:
    """Cinder gets what is given, and the answer has an update's shape, attachments included."""
    response = member.put(DATA, json={"volume": changes})
    assert response.status_code == 200, response.text
    assert check("volume", "UpdateVolume", response.json) == []
    (request,) = populated.sent("cinder", "PUT")
    assert request.json()["volume"] == sent
    volume = response.json["volume"]
    assert (volume["status"], volume["lifecycle"]["state"]) == ("in_use", "In-use")
    assert volume["attachments"] == [
        {
            "id": "44f5d99d-d2bc-4223-a109-b477af66a565",
            "instance_id": "e0e1760f-79d8-4fac-972d-2c98044d8678",
            "host_name": None,
            "device": "/dev/sdb",
            "attached_at": "2026-11-23T10:47:04.000000Z",
        }
    ]
    assert len(populated.calls()) == 4


@pytest.mark.parametrize(
    "changes",
    [{}, {"name": None}, {"name": ""}, {"name": "n" * 256}, {"size": 2}, {"description": 1}],
)
def test_update_impossible(member: Caller, populated: Cloud, changes: JSON) -> None:
    """A change of nothing, or to what cannot be, is 400 before any call."""
    refusal(member.put(FREE, json={"volume": changes}), 400, "invalid_request")
    assert populated.calls() == []


@pytest.mark.parametrize("status", ["error", "in-use", "awaiting-transfer", "extending"])
def test_update_states(member: Caller, populated: Cloud, status: str) -> None:
    """A volume can be renamed in every state but Deleting."""
    serve(populated, FREE_VOLUME, status=status)
    assert member.put(FREE, json={"volume": {"name": "new"}}).status_code == 200
    serve(populated, FREE_VOLUME, status="deleting")
    error = refusal(member.put(FREE, json={"volume": {"name": "new"}}), 409, "invalid_state")
    assert (error["state"], error["allowed_actions"]) == ("Deleting", [])


@pytest.mark.parametrize(("path", "volume_id"), [(FREE, FREE_VOLUME), (DATA, DATA_VOLUME)])
def test_extend(member: Caller, populated: Cloud, path: str, volume_id: str) -> None:
    """It is asked of Cinder once, for an attached volume too, and waited for."""
    status = VOLUMES[volume_id]["status"]
    in_statuses(populated, volume_id, status, "extending", status)
    response = member.post(f"{path}/size", json=LARGER)
    assert (response.status_code, response.data) == (202, b"")
    (sent,) = populated.sent("cinder", "POST")
    assert sent.path == f"/v3/volumes/{volume_id}/action"
    assert sent.json() == {"os-extend": {"new_size": 10}}
    assert sent.headers[MICROVERSION] == "volume 3.42"
    assert len(populated.calls()) == 5


@pytest.mark.parametrize("options", ["[volume]\nextend_wait = 0"])
def test_extend_without_waiting(member: Caller, populated: Cloud, options: str) -> None:
    """Told not to wait, it answers after 3 calls."""
    in_statuses(populated, FREE_VOLUME, "available", "extending")
    assert member.post(f"{FREE}/size", json=LARGER).status_code == 202
    assert len(populated.calls()) == 3


def test_extend_fails(member: Caller, populated: Cloud) -> None:
    """When Cinder fails at it the answer says so."""
    in_statuses(populated, FREE_VOLUME, "available", "error_extending")
    error = refusal(member.post(f"{FREE}/size", json=LARGER), 502, "upstream_error")
    assert error["service"] == "block-storage"


@pytest.mark.parametrize(
    ("path", "size", "words"),
    [
        (ROOT, 5, "present 5 GB"),
        (ROOT, 4, "present 5 GB"),
        (FREE, 5121, "at most 5120 GB"),
        (FREE, 0, "new_size"),
        (FREE, None, "new_size"),
        (FREE, "10", "new_size"),
    ],
)
def test_extend_to_what_cannot_be(
    member: Caller, populated: Cloud, path: str, size: Any, words: str
) -> None:
    """Only upwards, and not over the limit."""
    response = member.post(f"{path}/size", json={"volume": {"new_size": size}})
    assert words in refusal(response, 400, "invalid_request")["message"]
    assert populated.writes() == []


def test_extend_windows(member: Caller, populated: Cloud) -> None:
    """A volume made from a Windows image has Windows' limit."""
    serve(populated, FREE_VOLUME, volume_image_metadata={"os_distro": "windows"})
    response = member.post(f"{FREE}/size", json={"volume": {"new_size": 2049}})
    assert "2048 GB" in refusal(response, 400, "invalid_request")["message"]
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("status", "state"),
    [("reserved", "Reserved"), ("extending", "Extending"), ("error", "Error")],
)
def test_extend_states(member: Caller, populated: Cloud, status: str, state: str) -> None:
    """A volume that is not at rest is refused with its state and what is possible."""
    serve(populated, FREE_VOLUME, status=status)
    error = refusal(member.post(f"{FREE}/size", json=LARGER), 409, "invalid_state")
    assert error["state"] == state
    assert "extend" not in error["allowed_actions"]
    assert populated.writes() == []


def test_extend_while_backing_up(member: Caller, populated: Cloud) -> None:
    """While a snapshot is being made it is refused, as the volume's lifecycle says."""
    snapshots(populated, FREE_VOLUME, SNAPSHOT | {"volume_id": FREE_VOLUME}, status="creating")
    error = refusal(member.post(f"{FREE}/size", json=LARGER), 409, "invalid_state")
    assert error["state"] == "Backing-Up"


def test_extend_too_late(member: Caller, populated: Cloud) -> None:
    """When somebody else was faster, Cinder's refusal is told with the fresh state."""
    in_statuses(populated, FREE_VOLUME, "available", "extending")
    populated.refuse("POST", "cinder", f"/volumes/{FREE_VOLUME}/action", "cinder_400_extend")
    error = refusal(member.post(f"{FREE}/size", json=LARGER), 409, "invalid_state")
    assert error["state"] == "Extending"


def test_extend_over_the_quota(member: Caller, populated: Cloud) -> None:
    """The quota is named."""
    populated.refuse("POST", "cinder", f"/volumes/{FREE_VOLUME}/action", "cinder_413_gigabytes")
    error = refusal(member.post(f"{FREE}/size", json=LARGER), 403, "quota_exceeded")
    assert "quota of gigabytes" in error["message"]


@pytest.mark.parametrize("status", ["available", "error", "error_restoring", "error_extending"])
def test_delete(member: Caller, populated: Cloud, status: str) -> None:
    """It is begun in 3 calls, the first two side by side."""
    serve(populated, FREE_VOLUME, status=status)
    response = member.delete(FREE)
    assert (response.status_code, response.data) == (202, b"")
    assert populated.writes() == [f"DELETE cinder /volumes/{FREE_VOLUME}"]
    assert len(populated.calls()) == 3


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("in-use", "invalid_state", "attached to an instance: detach it first"),
        ("reserved", "invalid_state", "attached to an instance: detach it first"),
        ("awaiting-transfer", "invalid_state", "transfer to another project"),
        ("uploading", "invalid_state", "Uploading"),
        ("creating", "invalid_state", "Creating"),
        ("deleting", "already_under_way", "already being deleted"),
    ],
)
def test_delete_states(
    member: Caller, populated: Cloud, status: str, code: str, words: str
) -> None:
    """A volume that is in use or being worked on stays, and the sentence says why."""
    serve(populated, FREE_VOLUME, status=status)
    assert words in refusal(member.delete(FREE), 409, code)["message"]
    assert populated.writes() == []


def test_delete_with_snapshots(member: Caller, populated: Cloud) -> None:
    """A volume with snapshots stays, and the answer names them."""
    populated.refuse("DELETE", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_400_delete")
    snapshots(populated, FREE_VOLUME, SNAPSHOT)
    snapshots(populated, FREE_VOLUME, status="creating")
    error = refusal(member.delete(FREE), 409, "conflict")
    assert error["message"] == "The volume has snapshots (1): delete them first."
    assert error["snapshots"] == [SNAPSHOT["id"]]


def test_delete_refused_for_another_reason(member: Caller, populated: Cloud) -> None:
    """What Cinder alone knows, such as a migration, is a conflict too."""
    populated.refuse("DELETE", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_400_delete")
    snapshots(populated, FREE_VOLUME)
    snapshots(populated, FREE_VOLUME, status="creating")
    error = refusal(member.delete(FREE), 409, "conflict")
    assert "being moved" in error["message"]


def test_delete_at_the_same_moment(member: Caller, populated: Cloud) -> None:
    """Of two deletes at once the later one is told that it is under way."""
    in_statuses(populated, FREE_VOLUME, "available", "deleting")
    populated.refuse("DELETE", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_400_delete")
    refusal(member.delete(FREE), 409, "already_under_way")
    populated.refuse("DELETE", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_404")
    in_statuses(populated, FREE_VOLUME, "available")
    refusal(member.delete(FREE), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "suffix", "wanted"),
    [
        ("PUT", "", {"volume": {"name": "mine"}}),
        ("DELETE", "", None),
        ("POST", "/size", LARGER),
        ("POST", "/snapshots", {"snapshot": {"name": "mine", "is_incremental": False}}),
    ],
)
def test_another_projects(
    member: Caller, populated: Cloud, method: str, suffix: str, wanted: JSON | None
) -> None:
    """A volume that Cinder shows to a cloud admin only is not there."""
    serve(populated, FREE_VOLUME, **{"os-vol-tenant-attr:tenant_id": OTHER_PROJECT})
    refusal(member.request(method, FREE + suffix, json=wanted), 404, "not_found")
    assert populated.writes() == []


def test_recorded_volumes_are_what_the_tests_think() -> None:
    """The tests above rely on one free volume and two attached ones."""
    assert [item["status"] for item in body("volumes")["volumes"]] == [
        "in-use",
        "in-use",
        "available",
    ]
