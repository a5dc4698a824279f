# SPDX-License-Identifier: Apache-2.0
"""Snapshots: create, get, list, update, delete."""

import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, SNAPSHOT, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.served_snapshots import CINDER, PATH, serve_snapshot
from tests.unit.operations.test_volume_changes import in_statuses, snapshots
from tests.unit.operations.test_volume_get import serve
from tests.unit.personas import OTHER_PROJECT, PROJECT, USER
from tests.unit.requests_of import CREATE_SNAPSHOT, RESTORE

JSON = dict[str, Any]
OF_DATA = f"/api/v1/volumes/{DATA_VOLUME}/snapshots"


@pytest.mark.parametrize("volume_id", [FREE_VOLUME, DATA_VOLUME])
def test_create(member: Caller, populated: Cloud, volume_id: str) -> None:
    """A snapshot of a free or an attached volume takes 3 calls."""
    path = f"/api/v1/volumes/{volume_id}/snapshots"
    wanted = CREATE_SNAPSHOT | {"description": "d"}
    response = member.post(path, json={"snapshot": wanted})
    assert response.status_code == 202, response.text
    assert check("volume", "CreateSnapshot", response.json) == []
    assert response.json["snapshot"] == {"id": SNAPSHOT["id"], "name": SNAPSHOT["name"]}
    (sent,) = populated.sent("cinder", "POST")
    assert sent.json()["snapshot"] == {
        "volume_id": volume_id,
        "name": "before the update",
        "description": "d",
        "force": True,
    }
    assert len(populated.calls()) == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"is_incremental": None}, "snapshot.is_incremental"),
        ({"name": ""}, "snapshot.name"),
        ({"name": "n" * 256}, "snapshot.name"),
        ({"description": "d" * 256}, "snapshot.description"),
        ({"schedule_id": "daily"}, "snapshot.schedule_id"),
    ],
)
def test_create_bad_input(member: Caller, populated: Cloud, changes: JSON, field: str) -> None:
    """What cannot be is refused by the field's name."""
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT | changes})
    assert refusal(response, 400, "invalid_request")["message"].startswith(f"{field}:")
    assert populated.calls() == []


@pytest.mark.parametrize(
    ("status", "state"),
    [("creating", "Creating"), ("reserved", "Attaching"), ("error", "Error")],
)
def test_create_states(member: Caller, populated: Cloud, status: str, state: str) -> None:
    """Only a volume at rest, free or attached, is snapshotted."""
    serve(populated, DATA_VOLUME, status=status)
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT})
    assert refusal(response, 409, "invalid_state")["state"] == state
    assert populated.writes() == []


def test_create_one_at_a_time(member: Caller, populated: Cloud) -> None:
    """While one is being made the volume is Backing-Up and takes no second."""
    snapshots(populated, DATA_VOLUME, SNAPSHOT, status="creating")
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT})
    assert refusal(response, 409, "invalid_state")["state"] == "Backing-Up"


def test_create_too_late(member: Caller, populated: Cloud) -> None:
    """When the volume is taken away in between, Cinder's refusal has the fresh state."""
    in_statuses(populated, DATA_VOLUME, "in-use", "detaching")
    populated.refuse("POST", "cinder", "/snapshots", "cinder_400_extend")
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT})
    assert refusal(response, 409, "invalid_state")["state"] == "Detaching"


def test_create_over_the_quota(member: Caller, populated: Cloud) -> None:
    """The quota is named."""
    populated.refuse("POST", "cinder", "/snapshots", "cinder_413_snapshots")
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT})
    assert "quota of snapshots" in refusal(response, 403, "quota_exceeded")["message"]


def test_whole(reader: Caller, populated: Cloud) -> None:
    """Every field has a source, is what a snapshot of Cinder means, or is null: 2 calls."""
    response = reader.get(PATH)
    assert check("volume", "GetSnapshot", response.json) == []
    assert response.json["snapshot"] == {
        "id": SNAPSHOT["id"],
        "name": "before the update",
        "description": None,
        "size": 1,
        "real_size": None,
        "status": "available",
        "volume_id": DATA_VOLUME,
        "user_id": USER,
        "project_id": PROJECT,
        "is_incremental": False,
        "is_dependent_snapshot": False,
        "parent_id": None,
        "schedule_id": None,
        "created_at": "2026-11-24T03:21:19.000000Z",
        "updated_at": "2026-11-24T03:21:19.000000Z",
    }
    sent = populated.sent("cinder")
    assert {request.headers[MICROVERSION] for request in sent} == {"volume 3.41"}
    assert len(populated.calls()) == 2


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("creating", "creating"),
        ("available", "available"),
        ("backing-up", "restoring"),
        ("restoring", "restoring"),
        ("deleting", "deleting"),
        ("unmanaging", "deleting"),
        ("error", "error"),
        ("error_deleting", "error"),
        ("never-seen", "error"),
    ],
)
def test_statuses(reader: Caller, populated: Cloud, status: str, ours: str) -> None:
    """Cinder's words are translated, and one that is new has an answer too."""
    serve_snapshot(populated, status=status)
    assert reader.get(PATH).json["snapshot"]["status"] == ours


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["before the update", "nightly"]),
        ("sort_keys=name&sort_dirs=desc", ["nightly", "before the update"]),
        ("limit=1&offset=1", ["nightly"]),
        (f"id={SNAPSHOT['id']}", ["before the update"]),
        ("name=NIGHT", ["nightly"]),
        ("status=available", ["before the update", "nightly"]),
        ("status=error", []),
        (f"volume_id={FREE_VOLUME}", ["nightly"]),
        ("is_incremental=false", ["before the update", "nightly"]),
        ("is_incremental=true", []),
        ("is_dependent_snapshot=true", []),
        ("schedule_id=daily", []),
        (f"parent_id={SNAPSHOT['id']}", []),
        ("created_at=2026-11-23", ["nightly"]),
        ("updated_at=2026-11-24T03:21:19Z", ["before the update"]),
    ],
)
def test_list(reader: Caller, populated: Cloud, query: str, expected: list[str]) -> None:
    """Every filter of the contract is understood, in one call."""
    response = reader.get(f"/api/v1/snapshots?{query}")
    assert check("volume", "ListSnapshots", response.json) == []
    assert [item["name"] for item in response.json["snapshots"]] == expected
    assert len(populated.calls()) == 1


def test_pages_of_cinder(reader: Caller, populated: Cloud) -> None:
    """Where Cinder cuts its list, the rest is fetched."""
    first, second = body("snapshots")["snapshots"]
    links = [{"rel": "next", "href": "http://cinder.test/v3/snapshots/detail?marker=x"}]
    page = {"snapshots": [first], "snapshots_links": links}
    populated.answer("GET", "cinder", "/snapshots/detail", page)
    path = f"/snapshots/detail?marker={first['id']}"
    populated.answer("GET", "cinder", path, {"snapshots": [second]})
    assert len(reader.get("/api/v1/snapshots").json["snapshots"]) == 2


@pytest.mark.parametrize(
    "volume_id",
    [
        FREE_VOLUME,
        FREE_VOLUME.upper(),
        FREE_VOLUME.replace("-", "_"),
        FREE_VOLUME.replace("-", ""),
        "no-id",
    ],
)
def test_list_of_a_volume(reader: Caller, populated: Cloud, volume_id: str) -> None:
    """Cinder compares a volume_id letter by letter; the filter of the contract does not."""

    def listed(request: Any, _context: Any) -> JSON:
        (wanted,) = parse_qs(urlsplit(request.url).query).get("volume_id", [None])
        snapshots = body("snapshots")["snapshots"]
        return {"snapshots": [one for one in snapshots if wanted in {None, one["volume_id"]}]}

    populated.answer("GET", "cinder", "/snapshots/detail", listed)
    found = reader.get(f"/api/v1/snapshots?volume_id={volume_id}").json["snapshots"]
    is_id_of_the_volume = volume_id.lower().replace("_", "-") == FREE_VOLUME
    assert [one["name"] for one in found] == (["nightly"] if is_id_of_the_volume else [])


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"name": "new", "description": "d"}, {"name": "new", "description": "d"}),
        ({"name": None, "description": None}, {"description": None}),
    ],
)
def test_update(member: Caller, populated: Cloud, changes: JSON, sent: JSON) -> None:
    """A null name stays, a null description is cleared: 2 calls."""
    response = member.put(PATH, json={"snapshot": changes})
    assert response.status_code == 200, response.text
    assert check("volume", "UpdateSnapshot", response.json) == []
    (request,) = populated.sent("cinder", "PUT")
    assert request.json()["snapshot"] == sent
    assert len(populated.calls()) == 2


@pytest.mark.parametrize("changes", [{}, {"name": None}, {"name": ""}, {"size": 3}])
def test_update_impossible(member: Caller, populated: Cloud, changes: JSON) -> None:
    """A change of nothing, or to what cannot be, is 400."""
    refusal(member.put(PATH, json={"snapshot": changes}), 400, "invalid_request")
    assert populated.calls() == []


def test_update_while_deleting(member: Caller, populated: Cloud) -> None:
    """What is being deleted is not changed any more."""
    serve_snapshot(populated, status="deleting")
    refusal(member.put(PATH, json={"snapshot": {"name": "n"}}), 409, "invalid_state")
    assert populated.writes() == []


@pytest.mark.parametrize("status", ["available", "error"])
def test_delete(member: Caller, populated: Cloud, status: str) -> None:
    """It is begun in 3 calls."""
    serve_snapshot(populated, status=status)
    response = member.delete(PATH)
    assert (response.status_code, response.data) == (202, b"")
    assert populated.writes() == [f"DELETE cinder {CINDER}"]
    assert len(populated.calls()) == 3


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("deleting", "already_under_way"),
        ("creating", "invalid_state"),
        ("backing-up", "invalid_state"),
    ],
)
def test_delete_states(member: Caller, populated: Cloud, status: str, code: str) -> None:
    """A snapshot that is being worked on stays."""
    serve_snapshot(populated, status=status)
    refusal(member.delete(PATH), 409, code)
    assert populated.writes() == []


def test_delete_at_the_same_moment(member: Caller, populated: Cloud) -> None:
    """Of two deletes at once Cinder refuses the later one: a conflict."""
    populated.refuse("DELETE", "cinder", CINDER, "cinder_400_snapshot_delete")
    assert "cannot be deleted now" in refusal(member.delete(PATH), 409, "conflict")["message"]


@pytest.mark.parametrize(
    ("method", "suffix", "wanted"),
    [
        ("GET", "", None),
        ("PUT", "", {"snapshot": {"name": "mine"}}),
        ("DELETE", "", None),
        ("POST", "/restore", {"restore": RESTORE}),
    ],
)
def test_not_there(
    member: Caller, populated: Cloud, method: str, suffix: str, wanted: JSON | None
) -> None:
    """A snapshot that is not there, or another project's, is 404."""
    serve_snapshot(populated, **{"os-extended-snapshot-attributes:project_id": OTHER_PROJECT})
    refusal(member.request(method, PATH + suffix, json=wanted), 404, "not_found")
    populated.refuse("GET", "cinder", CINDER, "cinder_404_snapshot")
    refusal(member.request(method, PATH + suffix, json=wanted), 404, "not_found")
    unknown = f"/api/v1/snapshots/{uuid.uuid4()}x{suffix}"
    refusal(member.request(method, unknown, json=wanted), 404, "not_found")
    assert populated.writes() == []
