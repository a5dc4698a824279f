# SPDX-License-Identifier: Apache-2.0
"""Ports that were made for an instance, after Nova has refused to create it."""

from typing import Any

import pytest
import requests

from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.instance_create_requests import create
from tests.unit.operations.test_instance_networks import SECOND, with_subnets
from tests.unit.personas import PROJECT

JSON = dict[str, Any]
CHANGED = {"type": "RevisionNumberConstraintFailed", "message": "Constrained to 1", "detail": ""}
STAYS: dict[str, JSON] = {
    "changed": {"status": 412, "json": {"NeutronError": CHANGED}},
    "down": {"status": 503},
    "unreachable": {"exc": requests.exceptions.ConnectTimeout},
}


@pytest.fixture
def refusing(populated: Cloud) -> Cloud:
    """A cloud that makes a port for the second subnet, and no server."""
    with_subnets(populated, SECOND)

    def make_ports(request: Request, _context: Any) -> JSON:
        made = {"id": "port-1", "project_id": PROJECT, "revision_number": 1}
        return {"ports": [port | made for port in request.json()["ports"]]}

    populated.answer("POST", "neutron", "/ports", make_ports, 201)
    refused = {"conflictingRequest": {"code": 409, "message": "x"}}
    populated.answer("POST", "nova", "/servers", refused, 409)
    return populated


def test_removed(member: Caller, refusing: Cloud) -> None:
    """The port goes again, so the refusal is all there is to say."""
    refusing.answer("DELETE", "neutron", "/ports/port-1", status=204)
    assert "outcome" not in refusal(create(member), 409, "conflict")


@pytest.mark.parametrize("kind", STAYS)
def test_stays(member: Caller, refusing: Cloud, kind: str) -> None:
    """If Neutron does not delete the port, the error says that something may remain."""
    refusing.answer("DELETE", "neutron", "/ports/port-1", **STAYS[kind])
    assert refusal(create(member), 409, "conflict")["outcome"] == "unknown"
