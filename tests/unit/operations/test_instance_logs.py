# SPDX-License-Identifier: Apache-2.0
"""Action logs, console logs and passwords."""

from typing import Any

import pytest
import requests

from kic_vm.mappings import instance_logs as mapping
from tests.contract import check
from tests.unit.bodies import INSTANCE, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_instance_actions import in_states
from tests.unit.personas import USER

ACTIONS = f"/servers/{SERVER['id']}/os-instance-actions"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def test_actions(member: Caller, populated: Cloud) -> None:
    """They are shown in Nova's order, the latest first, by our names, in 2 calls."""
    response = member.get(f"{INSTANCE}/action-logs")
    assert response.status_code == 200, response.text
    assert check("bcs", "ListInstanceActions", response.json) == []
    actions = response.json["actions"]
    assert [action["action"] for action in actions] == [
        "detach-network-interface",
        "unshelve",
        "shelve",
        "stop",
        "rebuild",
        *(action["action"] for action in actions[5:]),
    ]
    assert {action["user_id"] for action in actions} == {USER}
    assert {action["message"] for action in actions} == {None}
    assert len(populated.calls()) == 2
    assert {sent.headers[MICROVERSION] for sent in populated.sent("nova")} == {
        "compute 2.1",
        "compute 2.58",
    }


def test_failed_action(member: Caller, populated: Cloud) -> None:
    """A failure is told in our words; one that Nova has no time for yet has none."""
    recorded = body("instance_actions")
    recorded["instanceActions"][0] |= {
        "action": "revertResize",
        "message": "Error",
        "updated_at": None,
    }
    populated.answer("GET", "nova", ACTIONS, recorded)
    action = member.get(f"{INSTANCE}/action-logs").json["actions"][0]
    assert action["action"] == "revert-resize"
    assert action["message"] == "The command revert-resize failed."
    assert action["updated_at"] is None


def test_unknown_action() -> None:
    """A word that a newer Nova may have does not get out."""
    action = body("instance_actions")["instanceActions"][0] | {"action": "frobnicate_guest"}
    assert mapping.action_from_action(action)["action"] == "other"


def test_console(member: Caller, populated: Cloud) -> None:
    """The key has a hyphen; Nova is asked for one line more than the caller asks for."""
    response = member.get(f"{INSTANCE}/console-logs", query_string={"lines": 2})
    assert check("bcs", "GetInstanceConsoleLog", response.json) == []
    assert response.json == {"console-logs": "ANOTHER\nLAST LINE"}
    (sent,) = populated.sent("nova", "POST")
    assert sent.json() == {"os-getConsoleOutput": {"length": 3}}


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("first\nsecond\nthird\n", "second\nthird\n"),
        ("first\nsecond\nlogin: ", "second\nlogin: "),
        ("first\n\n", "first\n\n"),
        ("only\n", "only\n"),
        ("", ""),
    ],
)
def test_console_line_count(member: Caller, populated: Cloud, log: str, expected: str) -> None:
    """The log of a real guest ends with a line break, which Nova counts as one more line."""

    def nova_output(request: Any, _context: Any) -> dict[str, str]:
        length = request.json()["os-getConsoleOutput"]["length"]
        return {"output": "\n".join(log.split("\n")[-length:])}

    populated.answer("POST", "nova", f"/servers/{SERVER['id']}/action", nova_output)
    response = member.get(f"{INSTANCE}/console-logs", query_string={"lines": 2})
    assert response.json == {"console-logs": expected}


@pytest.mark.parametrize("query", [{}, {"lines": ""}, {"lines": 0}, {"lines": -1}, {"lines": "x"}])
def test_console_lines(member: Caller, populated: Cloud, query: dict[str, Any]) -> None:
    """Without a number of lines it is 400, as documented."""
    error = refusal(
        member.get(f"{INSTANCE}/console-logs", query_string=query), 400, "invalid_request"
    )
    assert error["message"].startswith("lines: ")
    assert populated.calls() == []


def test_no_console(member: Caller, populated: Cloud) -> None:
    """A terminated instance has none: 409 with its state."""
    in_states(populated, ("shelved_offloaded", None))
    populated.refuse("POST", "nova", f"/servers/{SERVER['id']}/action", "nova_409_not_ready")
    error = refusal(member.get(f"{INSTANCE}/console-logs?lines=1"), 409, "invalid_state")
    assert error["state"] == "Shelved_offloaded"


def test_console_in_time(member: Caller, populated: Cloud) -> None:
    """Nova returns the log to a POST, which changes nothing: a failure has no outcome."""
    populated.lose_writes(requests.ReadTimeout)
    error = refusal(member.get(f"{INSTANCE}/console-logs?lines=1"), 504, "upstream_timeout")
    assert "outcome" not in error


@pytest.mark.parametrize("password", ["", "ZW5jcnlwdGVk"])
def test_password(member: Caller, populated: Cloud, password: str) -> None:
    """It is shown as the guest has left it, encrypted; empty where there is none."""
    path = f"/servers/{SERVER['id']}/os-server-password"
    populated.answer("GET", "nova", path, {"password": password})
    response = member.get(f"{INSTANCE}/password")
    assert check("bcs", "GetInstancePassword", response.json) == []
    assert response.json == {"password": password}
    assert len(populated.calls()) == 2
