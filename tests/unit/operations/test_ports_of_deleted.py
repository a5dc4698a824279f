# SPDX-License-Identifier: Apache-2.0
"""The ports that the gateway made for an instance, when the instance is deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.adapters.network import PORT_MARK
from tests.unit.bodies import INSTANCE, SERVER, error
from tests.unit.cloud import MICROVERSION, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import PROJECT
from tests.unit.populated import show_server

JSON = dict[str, Any]
TAG = f"kic-vm-instance-{SERVER['id']}"
AT_NOVA = f"/servers/{SERVER['id']}"
LIST = f"/ports?description=Made+by+kic-vm+for+an+instance&tags={TAG}"
GONE = {"itemNotFound": {"code": 404, "message": f"Instance {SERVER['id']} could not be found."}}


def port(**changes: Any) -> JSON:
    """A port that the gateway made for the instance."""
    made = {"id": "made", "project_id": PROJECT, "description": PORT_MARK, "device_id": ""}
    return made | {"tags": [TAG]} | {"revision_number": 3} | changes


@pytest.fixture
def deleted(member: Caller, populated: Cloud) -> Cloud:
    """The instance was deleted through the gateway and is gone; a port that it had is there."""
    assert member.delete(INSTANCE).status_code == 204
    populated.answer("GET", "nova", AT_NOVA, GONE, 404)
    populated.answer("GET", "neutron", LIST, {"ports": [port()]})
    populated.answer("DELETE", "neutron", "/ports/made", status=204)
    populated.forget()
    return populated


def test_delete(member: Caller, populated: Cloud) -> None:
    """They stay as long as Nova has the instance: it may be soft-deleted and restored."""
    populated.answer("GET", "neutron", LIST, {"ports": [port()]})
    assert member.delete(INSTANCE).status_code == 204
    assert member.get(INSTANCE).status_code == 200
    assert populated.sent("neutron", "DELETE") == []


def test_gone(member: Caller, deleted: Cloud) -> None:
    """They go as soon as a member sees that the instance is gone, unless they changed meanwhile."""
    refusal(member.get(INSTANCE), 404, "not_found")
    (sent,) = deleted.sent("neutron", "DELETE")
    assert sent.headers["If-Match"] == "revision_number=3"


def test_gone_for_long(member: Caller, deleted: Cloud) -> None:
    """Once they are removed, Neutron is not asked again."""
    refusal(member.get(INSTANCE), 404, "not_found")
    deleted.forget()
    refusal(member.get(INSTANCE), 404, "not_found")
    assert not any("tags=" in call for call in deleted.calls())


def test_proof(member: Caller, deleted: Cloud) -> None:
    """In a cell that is down only an old version of Nova's API tells gone from unknown."""

    def show(request: Request, context: Any) -> JSON:
        if request.headers[MICROVERSION] == "compute 2.1":
            context.status_code = 500
            return {}
        context.status_code = 404
        return GONE

    deleted.answer("GET", "nova", AT_NOVA, show)
    refusal(member.get(INSTANCE), 404, "not_found")
    assert deleted.sent("neutron", "DELETE") == []


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404},
        {"status": 404, "text": "<html>"},
        {"status": 404, "json": []},
        {"status": 404, "json": {"itemNotFound": {"code": 404, "message": "No such path."}}},
        {"status": 503},
    ],
)
def test_no_proof(member: Caller, deleted: Cloud, answer: JSON) -> None:
    """A 404 of a proxy, or of a service that does not know the instance's id, proves nothing."""
    deleted.answer("GET", "nova", AT_NOVA, **answer)
    assert member.get(INSTANCE).status_code >= 400
    assert deleted.sent("neutron", "DELETE") == []


def test_still_there(member: Caller, deleted: Cloud) -> None:
    """So does a 404 that Nova takes back."""
    answers: list[JSON] = [{"status_code": 404, "json": GONE}, {"json": {"server": SERVER}}]
    deleted.answer_in_turn("GET", "nova", AT_NOVA, answers)
    refusal(member.get(INSTANCE), 404, "not_found")
    assert deleted.sent("neutron", "DELETE") == []


def test_not_deleted_here(member: Caller, populated: Cloud) -> None:
    """Where nobody deleted it through the gateway, the worker decides."""
    populated.answer("GET", "nova", AT_NOVA, GONE, 404)
    refusal(member.get(INSTANCE), 404, "not_found")
    assert populated.writes() == []


def test_reader(caller: Callable[[str], Caller], deleted: Cloud) -> None:
    """A reader who looks removes nothing."""
    refusal(caller("reader").get(INSTANCE), 404, "not_found")
    assert deleted.writes() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": []},
        {"tags": ["kic-vm-instance-of-another"]},
        {"description": "mine"},
        {"device_id": "another"},
    ],
)
def test_other_ports(member: Caller, deleted: Cloud, changes: JSON) -> None:
    """Whatever Neutron lists, only the ports of this instance go; one in use elsewhere stays."""
    deleted.answer("GET", "neutron", LIST, {"ports": [port(**changes)]})
    refusal(member.get(INSTANCE), 404, "not_found")
    assert deleted.writes() == []


@pytest.mark.parametrize("name", ["neutron_404_port", "neutron_412"])
def test_race(member: Caller, deleted: Cloud, name: str) -> None:
    """A port that is gone already, or has changed, is left alone."""
    deleted.refuse("DELETE", "neutron", "/ports/made", name)
    refusal(member.get(INSTANCE), 404, "not_found")


def test_neutron_fails(member: Caller, deleted: Cloud) -> None:
    """The caller is told that the instance is gone; the ports go at the next look."""
    deleted.answer("GET", "neutron", LIST, status=500)
    refusal(member.get(INSTANCE), 404, "not_found")
    deleted.answer("GET", "neutron", LIST, {"ports": [port()]})
    refusal(member.get(INSTANCE), 404, "not_found")
    assert len(deleted.sent("neutron", "DELETE")) == 1


def test_refused(member: Caller, populated: Cloud) -> None:
    """An instance that Nova does not delete keeps everything."""
    populated.answer("DELETE", "nova", AT_NOVA, **error("nova_409_locked"))
    refusal(member.delete(INSTANCE), 409, "conflict")
    populated.answer("GET", "nova", AT_NOVA, show_server)
    assert member.get(INSTANCE).status_code == 200
    assert populated.sent("neutron", "DELETE") == []
