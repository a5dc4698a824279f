# SPDX-License-Identifier: Apache-2.0
"""Incremental snapshots: the chain of a volume's snapshots, and what it forbids."""

import itertools
import json
import urllib.parse
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, SNAPSHOT
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import CREATE_SNAPSHOT

JSON = dict[str, Any]
OF_DATA = f"/api/v1/volumes/{DATA_VOLUME}/snapshots"
PARENT = "kic-vm-parent"


def snapshot(number: int, parent: int | None = None, **changes: Any) -> JSON:
    """A snapshot of the data volume, incremental where it has a parent."""
    made = SNAPSHOT | {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"number-{number}",
        "created_at": f"2026-11-24T00:00:{number:02}.000000",
        "metadata": {} if parent is None else {PARENT: snapshot(parent)["id"]},
    }
    return made | changes


# A chain of three, a second chain of two, and one that Cinder's own tools made in between.
CHAINS = [
    snapshot(1),
    snapshot(2, parent=1),
    snapshot(3),
    snapshot(4, parent=2),
    snapshot(5),
    snapshot(6, parent=5),
]


def serve(cloud: Cloud, snapshots: list[JSON]) -> None:
    """Cinder has these snapshots and no others."""
    for listed in ("/snapshots/detail", f"/snapshots/detail?volume_id={DATA_VOLUME}"):
        cloud.answer("GET", "cinder", listed, {"snapshots": snapshots})
    in_creation = f"/snapshots/detail?volume_id={DATA_VOLUME}&status=creating"
    creating = [one for one in snapshots if one["status"] == "creating"]
    cloud.answer("GET", "cinder", in_creation, {"snapshots": creating})
    for one in snapshots:
        cloud.answer("GET", "cinder", f"/snapshots/{one['id']}", {"snapshot": one})
        cloud.answer("DELETE", "cinder", f"/snapshots/{one['id']}", status=202)
        wanted = {PARENT: one["id"]}
        children = [other for other in snapshots if other["metadata"] == wanted]
        query = urllib.parse.quote(json.dumps(wanted), safe="")
        path = f"/snapshots/detail?metadata={query}"
        cloud.answer("GET", "cinder", path, {"snapshots": children})


def test_incremental(member: Caller, populated: Cloud) -> None:
    """It continues the newest snapshot of the volume, in 4 calls."""
    serve(populated, CHAINS)
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT | {"is_incremental": True}})
    assert response.status_code == 202, response.text
    assert check("volume", "CreateSnapshot", response.json) == []
    (sent,) = populated.sent("cinder", "POST")
    assert sent.json()["snapshot"]["metadata"] == {PARENT: snapshot(6)["id"]}
    assert len(populated.calls()) == 4


IN_ONE_SECOND = [one | {"created_at": "2026-11-24T00:00:01.000000"} for one in CHAINS[:4]]
"""A chain of three, 1, 2 and 4, whose times do not tell which is the newest."""


@pytest.mark.parametrize("snapshots", list(itertools.permutations(IN_ONE_SECOND)))
def test_chain_of_one_second(member: Caller, populated: Cloud, snapshots: tuple[JSON, ...]) -> None:
    """The chain tells which snapshot is the newest, and which must be deleted first."""
    serve(populated, list(snapshots))
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT | {"is_incremental": True}})
    assert response.status_code == 202, response.text
    (sent,) = populated.sent("cinder", "POST")
    assert sent.json()["snapshot"]["metadata"] == {PARENT: snapshot(4)["id"]}
    response = member.delete(f"/api/v1/snapshots/{snapshot(1)['id']}")
    error = refusal(response, 409, "conflict")
    assert error["snapshots"] == [snapshot(4)["id"], snapshot(2)["id"]]


def test_circle_of_parents(member: Caller, populated: Cloud) -> None:
    """Metadata that a user has written into a circle stops nothing."""
    serve(populated, [snapshot(1, parent=2), snapshot(2, parent=1)])
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT | {"is_incremental": True}})
    assert response.status_code == 202, response.text


@pytest.mark.parametrize(
    "snapshots", [[], [snapshot(1, status="error"), snapshot(2, status="deleting")]]
)
def test_first_one(member: Caller, populated: Cloud, snapshots: list[JSON]) -> None:
    """The first snapshot of a volume is full; the sentence says so."""
    serve(populated, snapshots)
    response = member.post(OF_DATA, json={"snapshot": CREATE_SNAPSHOT | {"is_incremental": True}})
    assert "must be full" in refusal(response, 409, "conflict")["message"]
    assert populated.writes() == []


def test_list(reader: Caller, populated: Cloud) -> None:
    """Each shows its parent and whether another one depends on it, in one call."""
    serve(populated, CHAINS)
    response = reader.get("/api/v1/snapshots?sort_keys=name&sort_dirs=asc")
    assert check("volume", "ListSnapshots", response.json) == []
    assert [
        (one["is_incremental"], one["parent_id"], one["is_dependent_snapshot"])
        for one in response.json["snapshots"]
    ] == [
        (False, None, True),
        (True, snapshot(1)["id"], True),
        (False, None, False),
        (True, snapshot(2)["id"], False),
        (False, None, True),
        (True, snapshot(5)["id"], False),
    ]
    assert len(populated.calls()) == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("is_incremental=true", [2, 4, 6]),
        ("is_incremental=false", [1, 3, 5]),
        ("is_dependent_snapshot=true", [1, 2, 5]),
        (f"parent_id={snapshot(2)['id']}", [4]),
    ],
)
def test_filters(reader: Caller, populated: Cloud, query: str, expected: list[int]) -> None:
    """The chain's fields are filters."""
    serve(populated, CHAINS)
    response = reader.get(f"/api/v1/snapshots?{query}&sort_keys=name&sort_dirs=asc")
    names = [one["name"] for one in response.json["snapshots"]]
    assert names == [f"number-{number}" for number in expected]


@pytest.mark.parametrize(("number", "is_needed"), [(1, True), (2, True), (3, False), (4, False)])
def test_get(reader: Caller, populated: Cloud, number: int, is_needed: bool) -> None:
    """One shows the same as the list."""
    serve(populated, CHAINS)
    response = reader.get(f"/api/v1/snapshots/{snapshot(number)['id']}")
    assert check("volume", "GetSnapshot", response.json) == []
    assert response.json["snapshot"]["is_dependent_snapshot"] is is_needed


@pytest.mark.parametrize(("number", "newer"), [(1, [4, 2]), (2, [4]), (5, [6])])
def test_delete_needed(member: Caller, populated: Cloud, number: int, newer: list[int]) -> None:
    """Only the newest of a chain is deleted; the refusal names the newer ones in their order."""
    serve(populated, CHAINS)
    error = refusal(member.delete(f"/api/v1/snapshots/{snapshot(number)['id']}"), 409, "conflict")
    assert error["snapshots"] == [snapshot(one)["id"] for one in newer]
    assert all(one in error["message"] for one in error["snapshots"])
    assert populated.writes() == []


@pytest.mark.parametrize("number", [3, 4, 6])
def test_delete_newest(member: Caller, populated: Cloud, number: int) -> None:
    """The newest of a chain goes, and so does a full one that nothing continues."""
    serve(populated, CHAINS)
    path = f"/api/v1/snapshots/{snapshot(number)['id']}"
    assert member.delete(path).status_code == 202


def test_delete_after_a_newer_one(member: Caller, populated: Cloud) -> None:
    """One that is being deleted is in nobody's way."""
    serve(populated, [snapshot(1), snapshot(2, parent=1, status="deleting")])
    path = f"/api/v1/snapshots/{snapshot(1)['id']}"
    assert member.get(path).json["snapshot"]["is_dependent_snapshot"] is False
    assert member.delete(path).status_code == 202
