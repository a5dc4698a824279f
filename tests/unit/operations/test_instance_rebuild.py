# SPDX-License-Identifier: Apache-2.0
"""Rebuild: what Nova is asked, what is answered, and why it may be refused."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import IMAGE, INSTANCE, SERVER
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
PATH = f"/servers/{SERVER['id']}"
WANTED = {"image_id": IMAGE["id"]}


def rebuild(caller: Caller, **changes: Any) -> Any:
    return caller.post(f"{INSTANCE}/rebuild", json={"rebuild": WANTED | changes})


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"key_name": None}, {"key_name": None}),
        ({"key_name": "recorded"}, {"key_name": SERVER["key_name"]}),
    ],
)
def test_rebuild(member: Caller, populated: Cloud, given: JSON, sent: JSON) -> None:
    """A keypair that is left out stays, null takes it away; three calls."""
    response = rebuild(member, **given)
    assert response.status_code == 202, response.text
    (request,) = populated.sent("nova", "POST")
    assert request.json() == {"rebuild": {"imageRef": IMAGE["id"]} | sent}
    assert request.headers[MICROVERSION] == "compute 2.93"
    calls = [call for call in populated.calls() if "keypair" not in call and "keystone" not in call]
    assert len(calls) == 3


def test_answer(member: Caller, populated: Cloud) -> None:
    """It has the contract's shape, the new state, and the groups that Nova leaves out."""
    response = rebuild(member)
    assert check("bcs", "RebuildInstance", response.json) == []
    instance = response.json["instance"]
    assert instance["status"] == "rebooting_hard"
    assert instance["security_groups"] == [
        {"name": group["name"]} for group in SERVER["security_groups"]
    ]
    assert [volume["volume_id"] for volume in instance["attached_volumes"]] == [
        volume["id"] for volume in SERVER["os-extended-volumes:volumes_attached"]
    ]


def test_unknown_image(member: Caller, populated: Cloud) -> None:
    """The field is named, and nothing is begun."""
    image_id = str(uuid.uuid4())
    populated.refuse("GET", "glance", f"/images/{image_id}", "glance_404")
    message = refusal(rebuild(member, image_id=image_id), 400, "invalid_request")["message"]
    assert message.startswith("image_id: ")
    assert populated.writes() == []


def test_image_that_is_not_ready(member: Caller, populated: Cloud) -> None:
    """An image that is still being stored cannot be used."""
    populated.answer("GET", "glance", f"/images/{IMAGE['id']}", IMAGE | {"status": "saving"})
    assert "not ready" in refusal(rebuild(member), 400, "invalid_request")["message"]
    assert populated.writes() == []


@pytest.mark.parametrize("vm_state", ["active", "stopped", "error"])
def test_states(member: Caller, populated: Cloud, vm_state: str) -> None:
    """It is possible while active, stopped and in error."""
    populated.answer("GET", "nova", PATH, {"server": SERVER | {"OS-EXT-STS:vm_state": vm_state}})
    assert rebuild(member).status_code == 202


def test_terminated(member: Caller, populated: Cloud) -> None:
    """A terminated instance has no place to write to."""
    shown = SERVER | {"OS-EXT-STS:vm_state": "shelved_offloaded"}
    populated.answer("GET", "nova", PATH, {"server": shown})
    assert "Shelved_offloaded" in refusal(rebuild(member), 409, "invalid_state")["message"]
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Invalid key_name provided.", "key_name: there is no keypair"),
        (
            "Volume is smaller than the minimum size specified in image metadata.",
            "at least as large as its image's min_disk",
        ),
    ],
)
def test_refused_by_nova(member: Caller, populated: Cloud, message: str, sentence: str) -> None:
    """What Nova finds wrong is said in the contract's words."""
    refused = {"badRequest": {"code": 400, "message": message}}
    populated.answer("POST", "nova", f"{PATH}/action", refused, 400)
    assert sentence in refusal(rebuild(member), 400, "invalid_request")["message"]
