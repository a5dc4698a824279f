# SPDX-License-Identifier: Apache-2.0
"""Volumes that are restored from snapshots."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import SNAPSHOT, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.served_snapshots import PATH, serve_snapshot
from tests.unit.requests_of import RESTORE

JSON = dict[str, Any]


def test_restore(member: Caller, populated: Cloud) -> None:
    """A new volume in the snapshot's size, in 2 calls; the answer names it."""
    wanted = RESTORE | {"volume_type_id": "SSD"}
    response = member.post(f"{PATH}/restore", json={"restore": wanted})
    assert response.status_code == 202, response.text
    assert check("volume", "RestoreSnapshot", response.json) == []
    made = body("volume_created")["volume"]
    assert response.json["restore"] == {
        "snapshot_id": SNAPSHOT["id"],
        "volume_id": made["id"],
        "volume_name": made["name"],
    }
    (sent,) = populated.sent("cinder", "POST")
    assert sent.json()["volume"] == {
        "name": "restored",
        "availability_zone": "nova",
        "volume_type": "SSD",
        "snapshot_id": SNAPSHOT["id"],
    }
    assert len(populated.calls()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "restore.name"),
        ({"availability_zone": None}, "restore.availability_zone"),
        ({"availability_zone": "mars"}, "availability_zone"),
        ({"size": 3}, "restore.size"),
    ],
)
def test_restore_bad_input(member: Caller, populated: Cloud, changes: JSON, field: str) -> None:
    """What cannot be is refused by the field's name."""
    response = member.post(f"{PATH}/restore", json={"restore": RESTORE | changes})
    assert refusal(response, 400, "invalid_request")["message"].startswith(f"{field}:")
    assert populated.calls() == []


@pytest.mark.parametrize("status", ["creating", "error", "deleting"])
def test_restore_states(member: Caller, populated: Cloud, status: str) -> None:
    """Only a snapshot that is available is restored."""
    serve_snapshot(populated, status=status)
    refusal(member.post(f"{PATH}/restore", json={"restore": RESTORE}), 409, "invalid_state")
    assert populated.writes() == []


def test_restore_over_the_quota(member: Caller, populated: Cloud) -> None:
    """The quota is named."""
    populated.refuse("POST", "cinder", "/volumes", "cinder_413_gigabytes")
    response = member.post(f"{PATH}/restore", json={"restore": RESTORE})
    assert "quota of gigabytes" in refusal(response, 403, "quota_exceeded")["message"]
