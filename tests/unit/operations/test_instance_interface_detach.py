# SPDX-License-Identifier: Apache-2.0
"""Network interfaces are detached from an instance, whoever has made them."""

from typing import Any

import pytest
import requests

from kic_vm.adapters.network import PORT_MARK
from tests.unit.bodies import (
    FREE_PORT,
    PORT,
    SECOND_PORT,
    SERVER,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.attached_interfaces import FIRST, FREE, OLD, with_addresses, with_ports

JSON = dict[str, Any]
NOVA = f"/servers/{SERVER['id']}/os-interface"


def test_detach(member: Caller, populated: Cloud) -> None:
    """A second interface is taken off in 3 calls."""
    with_ports(populated, SECOND_PORT, PORT)
    response = member.delete(FREE)
    assert (response.status_code, response.data) == (202, b"")
    assert populated.writes() == [f"DELETE nova {NOVA}/{FREE_PORT['id']}"]
    assert len(populated.calls()) == 3


MADE = SECOND_PORT | {"description": PORT_MARK, "revision_number": 5}
RELEASED = MADE | {"description": "", "revision_number": 6}
AT_NEUTRON = f"/ports/{FREE_PORT['id']}"


def sent_to(cloud: Cloud) -> list[str]:
    """The writes in the order in which they were sent."""
    return [
        f"{sent.method} {service}"
        for sent in cloud.requests()
        for service in ("neutron", "nova")
        if service in sent.url and sent.method in {"PUT", "DELETE", "POST"}
    ]


def test_detach_made(member: Caller, populated: Cloud) -> None:
    """One that the gateway made is the user's before Nova takes it off."""
    with_ports(populated, MADE, PORT)
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED})
    assert member.delete(FREE).status_code == 202
    assert sent_to(populated) == ["PUT neutron", "DELETE nova"]
    (sent,) = populated.sent("neutron", "PUT")
    assert sent.json() == {"port": {"description": ""}}
    assert sent.headers["If-Match"] == "revision_number=5"


def test_detach_made_in_a_race(member: Caller, populated: Cloud) -> None:
    """One that has changed meanwhile is not detached: 409."""
    with_ports(populated, MADE, PORT)
    populated.refuse("PUT", "neutron", AT_NEUTRON, "neutron_412")
    refusal(member.delete(FREE), 409, "conflict")
    assert populated.sent("nova", "DELETE") == []


@pytest.mark.parametrize(
    ("answer", "is_marked_again"),
    [
        ({"status": 409}, True),
        ({"exc": requests.exceptions.ConnectTimeout}, True),
        ({"status": 500}, False),
        ({"exc": requests.exceptions.ReadTimeout}, False),
    ],
)
def test_detach_made_failing(
    member: Caller, populated: Cloud, answer: JSON, is_marked_again: bool
) -> None:
    """The mark comes back only where the interface certainly stays with the instance."""
    with_ports(populated, MADE, PORT)
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED})
    populated.answer("DELETE", "nova", f"{NOVA}/{FREE_PORT['id']}", **answer)
    assert member.delete(FREE).status_code >= 400
    _released, *again = populated.sent("neutron", "PUT")
    assert [sent.json() for sent in again] == (
        [{"port": {"description": PORT_MARK}}] if is_marked_again else []
    )
    assert [sent.headers["If-Match"] for sent in again] == (
        ["revision_number=6"] if is_marked_again else []
    )


def test_mark_that_does_not_come_back(member: Caller, populated: Cloud, lines: list[str]) -> None:
    """It is logged: the port stays when the instance goes."""
    with_ports(populated, MADE, PORT)
    populated.answer("DELETE", "nova", f"{NOVA}/{FREE_PORT['id']}", status=409)
    answers: list[JSON] = [{"json": {"port": RELEASED}}, {"status_code": 500}]
    populated.answer_in_turn("PUT", "neutron", AT_NEUTRON, answers)
    refusal(member.delete(FREE), 409, "conflict")
    assert any("will outlive its instance" in line for line in lines)


def test_attach_made(member: Caller, populated: Cloud) -> None:
    """One that the gateway made for another instance is the user's, too."""
    port = FREE_PORT | {"description": PORT_MARK}
    populated.answer("GET", "neutron", AT_NEUTRON, {"port": port})
    populated.answer("PUT", "neutron", AT_NEUTRON, {"port": RELEASED | {"device_id": ""}})
    assert member.post(FREE).status_code == 200
    assert sent_to(populated) == ["PUT neutron", "POST nova"]


def test_detach_the_primary(member: Caller, populated: Cloud) -> None:
    """Nova would do it; it is 409, whichever port is older."""
    old = SECOND_PORT | {"created_at": OLD}
    with_ports(populated, old, PORT)
    with_addresses(populated, PORT, old)
    assert "primary" in refusal(member.delete(FIRST), 409, "conflict")["message"]
    assert populated.writes() == []
    assert member.delete(FREE).status_code == 202


def test_detach_what_is_not_attached(member: Caller, populated: Cloud) -> None:
    """Nova would answer 202; it is 404."""
    refusal(member.delete(FREE), 404, "not_found")
    assert populated.writes() == []
