# SPDX-License-Identifier: Apache-2.0
"""Resize: what Nova is asked, and why it may be refused."""

import uuid
from typing import Any

import pytest

from tests.unit.bodies import FLAVOR, GPU_FLAVOR, INSTANCE, LARGER_FLAVOR, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
PATH = f"/servers/{SERVER['id']}"


def wanted(flavor: JSON) -> JSON:
    return {"json": {"flavor": {"id": flavor["id"]}}}


@pytest.mark.parametrize("vm_state", ["active", "stopped"])
def test_resize(member: Caller, populated: Cloud, vm_state: str) -> None:
    """It is 202 without a body, after three calls."""
    populated.answer("GET", "nova", PATH, {"server": SERVER | {"OS-EXT-STS:vm_state": vm_state}})
    response = member.post(f"{INSTANCE}/resize", **wanted(LARGER_FLAVOR))
    assert (response.status_code, response.data) == (202, b"")
    (sent,) = populated.sent("nova", "POST")
    assert sent.path == f"/v2.1{PATH}/action"
    assert sent.json() == {"resize": {"flavorRef": LARGER_FLAVOR["id"]}}
    assert len(populated.calls()) == 3


def test_same_flavor(member: Caller, populated: Cloud) -> None:
    """There is nothing to change."""
    error = refusal(member.post(f"{INSTANCE}/resize", **wanted(FLAVOR)), 400, "invalid_request")
    assert "already has this flavor" in error["message"]
    assert populated.writes() == []


def test_unknown_flavor(member: Caller, populated: Cloud) -> None:
    """The field is named."""
    flavor_id = str(uuid.uuid4())
    populated.refuse("GET", "nova", f"/flavors/{flavor_id}", "nova_404_flavor")
    response = member.post(f"{INSTANCE}/resize", **wanted({"id": flavor_id}))
    error = refusal(response, 400, "invalid_request")
    assert (
        error["message"] == f"flavor.id: there is no flavor {flavor_id} that this project can use."
    )
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("vm", "gpu", "has instance_type vm, this flavor has gpu"),
        ("gpu", "vm", "has instance_type gpu, this flavor has vm"),
        ("vm", "bm", "bare metal"),
    ],
)
def test_other_kind_of_machine(
    member: Caller, populated: Cloud, before: str, after: str, sentence: str
) -> None:
    """A machine does not become one of another kind."""
    flavor = SERVER["flavor"] | {"extra_specs": {"kic:instance_type": before}}
    populated.answer("GET", "nova", PATH, {"server": SERVER | {"flavor": flavor}})
    specs = {"extra_specs": {"kic:instance_type": after}}
    populated.answer("GET", "nova", f"/flavors/{GPU_FLAVOR['id']}", {"flavor": GPU_FLAVOR | specs})
    response = member.post(f"{INSTANCE}/resize", **wanted(GPU_FLAVOR))
    assert sentence in refusal(response, 400, "invalid_request")["message"]
    assert populated.writes() == []


def test_hidden_extra_specs(member: Caller, populated: Cloud) -> None:
    """Where the cloud's policy hides what kind a machine is, Nova judges."""
    flavor = {key: value for key, value in SERVER["flavor"].items() if key != "extra_specs"}
    populated.answer("GET", "nova", PATH, {"server": SERVER | {"flavor": flavor}})
    assert member.post(f"{INSTANCE}/resize", **wanted(GPU_FLAVOR)).status_code == 202


def test_hidden_extra_specs_of_target(member: Caller, populated: Cloud) -> None:
    """If the cloud's policy hides the extra specs of the new flavor, Nova decides."""
    flavor = {key: value for key, value in GPU_FLAVOR.items() if key != "extra_specs"}
    populated.answer("GET", "nova", f"/flavors/{GPU_FLAVOR['id']}", {"flavor": flavor})
    assert member.post(f"{INSTANCE}/resize", **wanted(GPU_FLAVOR)).status_code == 202


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Flavor's memory is too small for requested image.", "The flavor is too small"),
        ("When resizing, instances must change flavor!", "flavor.id: "),
        ("Server disk was unable to be resized because: x", "flavor.id: the disk"),
    ],
)
def test_nova_refuses(member: Caller, populated: Cloud, message: str, sentence: str) -> None:
    """Nova's reason is told in the gateway's words."""
    answer = {"badRequest": {"code": 400, "message": message}}
    populated.answer("POST", "nova", f"{PATH}/action", answer, 400)
    response = member.post(f"{INSTANCE}/resize", **wanted(LARGER_FLAVOR))
    assert refusal(response, 400, "invalid_request")["message"].startswith(sentence)


def test_wrong_state(member: Caller, populated: Cloud) -> None:
    """The state and what it allows are told."""
    changes = {"OS-EXT-STS:vm_state": "shelved_offloaded"}
    populated.answer("GET", "nova", PATH, {"server": SERVER | changes})
    response = member.post(f"{INSTANCE}/resize", **wanted(LARGER_FLAVOR))
    error = refusal(response, 409, "invalid_state")
    assert error["state"] == "Shelved_offloaded"
    assert "unshelve" in error["allowed_actions"]
    assert populated.writes() == []


@pytest.mark.parametrize(
    "body", [{}, {"flavor": None}, {"flavor": {}}, {"flavor": {"id": "m1.small"}}, {"flavor": []}]
)
def test_bodies(member: Caller, populated: Cloud, body: JSON) -> None:
    """What is missing or wrong is named, before any call."""
    error = refusal(member.post(f"{INSTANCE}/resize", json=body), 400, "invalid_request")
    assert error["message"].startswith("flavor")
    assert populated.calls() == []
