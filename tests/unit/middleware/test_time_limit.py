# SPDX-License-Identifier: Apache-2.0
"""A request ends with its deadline, wherever its time went."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import TOKENS
from tests.unit.requests_of import arguments_of

SECONDS = 1


@pytest.fixture
def options() -> str:
    return f"[api]\nrequest_timeout = {SECONDS}"


@pytest.fixture
def slow_keystone(populated: Cloud, reader: Caller) -> None:
    """A Keystone that takes all the time that a request has; the gateway itself has logged in."""
    assert reader.get("/api/v1/images").status_code == 200

    def validate(_request: Any, _context: Any) -> Any:
        time.sleep(SECONDS)
        return TOKENS["member"]

    populated.answer("GET", "keystone", "/auth/tokens", validate)
    populated.forget()


@pytest.mark.parametrize("operation", ["GET /api/v1/volumes", "POST /api/v1/volumes"])
def test_time_is_over(
    caller: Callable[[str], Caller], slow_keystone: None, populated: Cloud, operation: str
) -> None:
    """Nothing is sent any more, so that a write was not made; the error names who is next."""
    method, path = operation.split(" ")
    response = caller("member").request(method, path, **arguments_of(method, path))
    error = refusal(response, 504, "upstream_timeout")
    assert error["service"] in {"compute", "block-storage", "image"}
    assert "outcome" not in error
    assert populated.calls() == []


def test_next_request(
    caller: Callable[[str], Caller], slow_keystone: None, populated: Cloud
) -> None:
    """The next one has its own time."""
    assert caller("member").get("/api/v1/images").status_code == 504
    assert caller("member").get("/api/v1/images").status_code == 200


def test_write_that_was_sent(member: Caller, populated: Cloud) -> None:
    """The outcome of a write that ended with the deadline is unknown."""
    populated.fail("POST", "cinder", "/volumes", requests.exceptions.ReadTimeout)
    response = member.post("/api/v1/volumes", **arguments_of("POST", "/api/v1/volumes"))
    assert refusal(response, 504, "upstream_timeout")["outcome"] == "unknown"
