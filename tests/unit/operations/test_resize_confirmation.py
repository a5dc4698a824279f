# SPDX-License-Identifier: Apache-2.0
"""Resizes that confirm themselves when somebody looks, and those that wait."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
import urllib3

from tests.unit import personas
from tests.unit.bodies import INSTANCE, SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.resized_server import (
    ACTION,
    ALONE,
    OFF,
    ON,
    PATH,
    ago,
    resized,
    show,
    state,
)

JSON = dict[str, Any]


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return f"{ALONE}[resize]\nconfirmation = {getattr(request, 'param', 'auto_when_stopped')}\n"


@pytest.mark.parametrize("path", [INSTANCE, "/api/v1/instances"])
@pytest.mark.parametrize(
    ("options", "power_state", "is_confirmed"),
    [
        ("auto_when_stopped", OFF, True),
        ("auto_when_stopped", ON, False),
        ("auto", OFF, True),
        ("auto", ON, True),
        ("manual", OFF, False),
        ("manual", ON, False),
    ],
    indirect=["options"],
)
def test_confirmation(
    member: Caller, populated: Cloud, path: str, power_state: int, is_confirmed: bool
) -> None:
    """Whoever reads it first confirms it as configured, with one call, once."""
    show(populated, resized(power_state))
    wanted = "Resize_confirm" if is_confirmed else "Resized"
    assert state(member.get(path)) == wanted
    assert state(member.get(path)) == wanted
    sent = [request.json() for request in populated.sent("nova", "POST")]
    assert sent == ([{"confirmResize": None}] if is_confirmed else [])
    if is_confirmed:
        (request,) = populated.sent("nova", "POST")
        assert request.headers["X-Auth-Token"] == personas.token_of("member")


def test_others_need_no_call(member: Caller, populated: Cloud) -> None:
    """In a list, only what waits for its confirmation costs a call."""
    ids = [f"{number:08d}-79d8-4fac-972d-2c98044d8678" for number in range(3)]
    servers = [resized(OFF, id=ids[0]), resized(ON, id=ids[1]), SERVER | {"id": ids[2]}]
    populated.answer("GET", "nova", "/servers/detail", {"servers": servers})
    populated.answer("POST", "nova", f"/servers/{ids[0]}/action", status=204)
    listed = member.get("/api/v1/instances").json["instances"]
    states = {item["id"]: item["lifecycle"]["state"] for item in listed}
    assert states == dict(zip(ids, ["Resize_confirm", "Resized", "Active"], strict=True))
    assert populated.writes() == [f"POST nova /servers/{ids[0]}/action"]


@pytest.mark.parametrize("persona", ["reader", "limited"])
def test_who_may_not(
    caller: Callable[[str], Caller], populated: Cloud, persona: str, monkeypatch: Any
) -> None:
    """A reader's look changes nothing, and neither does that of a token for looking only."""
    rules = personas.TOKENS["limited"]["token"]["application_credential"]["access_rules"]  # type: ignore[index]
    monkeypatch.setitem(rules[0], "path", "/api/v1/instances/*")
    show(populated, resized(OFF))
    assert state(caller(persona).get(INSTANCE)) == "Resized"
    assert populated.writes() == []


def test_sent_already(member: Caller, populated: Cloud) -> None:
    """Nova's refusal of a second confirmation says that one is under way."""
    show(populated, resized(OFF))
    answer = {"badRequest": {"code": 400, "message": "Instance has not been resized."}}
    populated.answer("POST", "nova", ACTION, answer, 400)
    assert state(member.get(INSTANCE)) == "Resize_confirm"
    assert state(member.get(INSTANCE)) == "Resize_confirm"
    assert len(populated.sent("nova", "POST")) == 1


@pytest.mark.parametrize(
    "refusal_of_nova",
    [
        {"status": 403, "json": {"forbidden": {"code": 403, "message": "Policy doesn't allow"}}},
        {"status": 409, "json": {"conflictingRequest": {"code": 409, "message": "is locked"}}},
        {"status": 500},
        {"exc": requests.exceptions.ConnectionError},
    ],
)
def test_nova_does_not(member: Caller, populated: Cloud, refusal_of_nova: JSON) -> None:
    """What cannot be confirmed now waits; the look succeeds, and Nova is not asked each time."""
    show(populated, resized(OFF))
    populated.answer("POST", "nova", ACTION, **refusal_of_nova)
    assert state(member.get(INSTANCE)) == "Resized"
    assert state(member.get(INSTANCE)) == "Resized"
    assert len(populated.sent("nova", "POST")) == 1


def test_next_resize(member: Caller, populated: Cloud) -> None:
    """That one resize was confirmed says nothing about the next one of the same instance."""
    show(populated, resized(OFF))
    member.get(INSTANCE)
    show(populated, resized(ON, ago(seconds=30)))
    assert state(member.get(INSTANCE)) == "Resized"


@pytest.mark.parametrize("options", ["manual"], indirect=True)
def test_by_hand(member: Caller, populated: Cloud) -> None:
    """After confirm-resize the state says so, and neither command is possible any more."""
    show(populated, resized(ON))
    assert member.post(f"{INSTANCE}/confirm-resize").status_code == 202
    assert state(member.get(INSTANCE)) == "Resize_confirm"
    for command in ("confirm-resize", "revert-resize"):
        error = refusal(member.post(f"{INSTANCE}/{command}"), 409, "invalid_state")
        assert error["state"] == "Resize_confirm"
    changed = body("server_updated")
    changed["server"] |= resized(ON)
    populated.answer("PUT", "nova", PATH, changed)
    updated = member.put(INSTANCE, json={"instance": {"name": "renamed"}}).json["instance"]
    assert updated["status"] == "resize_confirm"


@pytest.mark.parametrize("options", ["manual"], indirect=True)
def test_revert(member: Caller, populated: Cloud) -> None:
    """A resize that waits can be undone."""
    show(populated, resized(ON))
    assert member.post(f"{INSTANCE}/revert-resize").status_code == 202
    (sent,) = populated.sent("nova", "POST")
    assert sent.json() == {"revertResize": None}


@pytest.mark.parametrize("command", ["confirm-resize", "revert-resize"])
@pytest.mark.parametrize("options", ["manual"], indirect=True)
def test_somebody_else_was_faster(member: Caller, populated: Cloud, command: str) -> None:
    """That the confirmation runs already, unknown to this process, has its own code."""
    show(populated, resized(ON))
    answer = {"badRequest": {"code": 400, "message": "Instance has not been resized."}}
    populated.answer("POST", "nova", ACTION, answer, 400)
    refusal(member.post(f"{INSTANCE}/{command}"), 409, "already_under_way")


@pytest.mark.parametrize("command", ["confirm-resize", "revert-resize"])
def test_by_hand_after_a_refusal(member: Caller, populated: Cloud, command: str) -> None:
    """What Nova has refused when somebody looked can be asked for at once."""
    show(populated, resized(OFF))
    populated.answer("POST", "nova", ACTION, status=403)
    assert state(member.get(INSTANCE)) == "Resized"
    populated.answer("POST", "nova", ACTION, status=202)
    assert member.post(f"{INSTANCE}/{command}").status_code == 202


@pytest.mark.parametrize("command", ["confirm-resize", "revert-resize"])
@pytest.mark.parametrize(
    "no_answer",
    [
        {"exc": requests.exceptions.ReadTimeout},
        {"exc": requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("reset"))},
        {"status": 500},
        {"status": 504},
    ],
    ids=["late", "reset", "500", "504"],
)
def test_no_answer(member: Caller, populated: Cloud, command: str, no_answer: JSON) -> None:
    """What Nova did not answer it may still do, so a second call has to wait."""
    show(populated, resized(ON))
    populated.answer("POST", "nova", ACTION, **no_answer)
    member.post(f"{INSTANCE}/{command}")
    populated.answer("POST", "nova", ACTION, status=202)
    refusal(member.post(f"{INSTANCE}/{command}"), 409, "already_under_way")
    assert len(populated.sent("nova", "POST")) == 1


class TestConfirmWindow:
    """How long a resize may wait."""

    @pytest.fixture
    def options(self, request: pytest.FixtureRequest) -> str:
        return f"{ALONE}[resize]\n{getattr(request, 'param', '')}\n"

    @pytest.mark.parametrize(
        ("options", "waited", "is_confirmed"),
        [
            ("", {"minutes": 59}, False),
            ("", {"minutes": 61}, True),
            ("confirmation = manual", {"minutes": 59}, False),
            ("confirmation = manual", {"minutes": 61}, True),
            ("confirm_window = 600", {"minutes": 9}, False),
            ("confirm_window = 600", {"minutes": 11}, True),
            ("confirm_window = 0", {"days": 400}, False),
            ("confirmation = manual\nconfirm_window = 0", {"days": 400}, False),
        ],
        indirect=["options"],
    )
    def test_wait(
        self, member: Caller, populated: Cloud, waited: dict[str, float], is_confirmed: bool
    ) -> None:
        """One hour unless set, whatever [resize] confirmation says; 0 is without end."""
        show(populated, resized(ON, ago(**waited)))
        assert state(member.get(INSTANCE)) == ("Resize_confirm" if is_confirmed else "Resized")
        assert len(populated.writes()) == is_confirmed

    def test_other_changes(self, member: Caller, populated: Cloud) -> None:
        """A new name does not prolong the wait: its end of the resize counts, not its update."""
        show(populated, resized(ON, ago(hours=2), updated=ago(seconds=1) + "Z"))
        assert state(member.get(INSTANCE)) == "Resize_confirm"
