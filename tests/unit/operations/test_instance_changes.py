# SPDX-License-Identifier: Apache-2.0
"""PUT and DELETE /api/v1/instances/{instance_id}."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"name": "renamed"}, {"name": "renamed"}),
        ({"description": "d"}, {"description": "d"}),
        ({"description": None}, {"description": None}),
        ({"description": ""}, {"description": ""}),
        ({"name": "renamed", "description": None}, {"name": "renamed", "description": None}),
        ({"name": None, "description": "d"}, {"description": "d"}),
    ],
)
def test_update(member: Caller, populated: Cloud, given: JSON, sent: JSON) -> None:
    """Null clears the description, a null name stays, and what is left out is left alone."""
    response = member.put(INSTANCE, json={"instance": given})
    assert response.status_code == 200, response.text
    assert check("bcs", "UpdateInstance", response.json) == []
    (request,) = populated.sent("nova", "PUT")
    assert request.json() == {"server": sent}
    assert request.headers[MICROVERSION] == "compute 2.90"
    assert len(populated.calls()) == 2


def test_updated(member: Caller, populated: Cloud) -> None:
    """The answer has the shape that the contract has for updates."""
    response = member.put(INSTANCE, json={"instance": {"name": "renamed"}})
    instance = response.json["instance"]
    assert instance["name"] == "renamed"
    assert instance["description"] is None
    assert instance["status"] == "active"
    assert instance["flavor"] == {
        "vcpus": 2,
        "ram": 8192,
        "disk": 0,
        "original_name": "m2a.large",
    }
    assert instance["addresses"][0]["private_ip"] == "10.20.3.103"
    assert instance["attached_volumes"][0]["is_delete_on_termination"] is True
    assert instance["key_name"] == "recorded"
    assert instance["availability_zone"] == "kr-central-2-a"


@pytest.mark.parametrize("given", [{}, {"name": None}])
def test_nothing_to_update(member: Caller, populated: Cloud, given: JSON) -> None:
    """It is 400 when there is nothing to change."""
    response = member.put(INSTANCE, json={"instance": given})
    refusal(response, 400, "invalid_request")
    assert populated.calls() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_not_there(member: Caller, populated: Cloud, method: str) -> None:
    """What Nova does not know is 404."""
    populated.refuse("GET", "nova", f"/servers/{SERVER['id']}", "nova_404_server")
    body = {"json": {"instance": {"name": "n"}}} if method == "PUT" else {}
    refusal(member.request(method, INSTANCE, **body), 404, "not_found")
    assert populated.writes() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_locked(member: Caller, populated: Cloud, method: str) -> None:
    """An instance that an operator has locked is a conflict that says so."""
    populated.refuse(method, "nova", f"/servers/{SERVER['id']}", "nova_409_locked")
    body = {"json": {"instance": {"name": "n"}}} if method == "PUT" else {}
    message = refusal(member.request(method, INSTANCE, **body), 409, "conflict")["message"]
    assert "locked" in message


def test_delete(member: Caller, populated: Cloud) -> None:
    """It is 204 without a body; the server is looked at, then deleted."""
    response = member.delete(INSTANCE)
    assert (response.status_code, response.data) == (204, b"")
    assert check("bcs", "DeleteInstance", response.data) == []
    assert populated.writes() == [f"DELETE nova /servers/{SERVER['id']}"]
    assert len(populated.calls()) == 2


@pytest.mark.parametrize(
    ("vm_state", "task_state"),
    [
        ("active", None),
        ("stopped", None),
        ("error", None),
        ("building", "spawning"),
        ("shelved_offloaded", None),
        ("active", "powering-off"),
    ],
)
def test_delete_in_any_state(
    member: Caller, populated: Cloud, vm_state: str, task_state: str | None
) -> None:
    """Deleting is possible in whatever state."""
    shown = SERVER | {"OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:task_state": task_state}
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": shown})
    assert member.delete(INSTANCE).status_code == 204
