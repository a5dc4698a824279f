# SPDX-License-Identifier: Apache-2.0
"""The client of the story."""

import pytest
from demo.errors import DemoError, NoAnswer, Refused
from demo.wire import Gateway

from tests.unit.demo.conftest import Told


def test_the_token_goes_with_every_call_once_there_is_one(told: Told, gateway: Gateway) -> None:
    """None before, and bodies are JSON."""
    told.on("POST /a", (201, {"x": 1}))
    answer = gateway.call("POST", "/a?b=c", {"y": 2}).expect(201)
    gateway.token = "t"
    gateway.call("POST", "/a")
    assert answer.body == {"x": 1}
    assert told.asked == [("POST /a", {"y": 2}, None), ("POST /a", None, "t")]


def test_an_unexpected_status_says_what_the_gateway_said(told: Told, gateway: Gateway) -> None:
    """The code, the message and the request id of the error."""
    error = {"code": "conflict", "message": "It is stopped.", "request_id": "req-1"}
    told.on("POST /a", (409, {"error": error}))
    with pytest.raises(Refused, match="POST /a was answered 409 conflict: It is stopped") as caught:
        gateway.call("POST", "/a").expect(202)
    assert caught.value.request_id == "req-1"


def test_an_error_without_the_envelope_has_the_request_id_of_the_header(
    told: Told, gateway: Gateway
) -> None:
    """Whatever a proxy may have put in the way."""
    told.on("GET /a", (500, None))
    with pytest.raises(Refused, match="500") as caught:
        gateway.call("GET", "/a").expect(200)
    assert caught.value.request_id == "req-of-the-header"


def test_nobody_there_is_said_as_such(unused_port: int) -> None:
    """Not as a stack trace."""
    with pytest.raises(NoAnswer, match="had no answer"):
        Gateway(f"http://127.0.0.1:{unused_port}").call("GET", "/")


def test_a_proxy_of_the_machine_is_not_asked(
    told: Told, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway is on this machine."""
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
    told.on("GET /a", (204, None))
    assert gateway.call("GET", "/a").status == 204


def test_an_address_that_is_not_http_is_refused() -> None:
    """Before anything is sent."""
    with pytest.raises(DemoError, match="ftp://x"):
        Gateway("ftp://x")
