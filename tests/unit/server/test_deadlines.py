# SPDX-License-Identifier: Apache-2.0
"""Clients that take too long, and clients that do not."""

import http.client

import pytest

from kic_vm.server.connection import Phase
from tests.unit.server.applications import Held, failures, large
from tests.unit.server.clients import GET, HALF_BODY, HALF_HEAD, echo, is_closed, read_answer
from tests.unit.server.conftest import StartServer, wait_for


@pytest.mark.parametrize(
    ("phase", "begun"), [(Phase.HEAD, HALF_HEAD), (Phase.BODY, HALF_BODY)], ids=["head", "body"]
)
def test_time_is_up(start_server: StartServer, phase: Phase, begun: bytes) -> None:
    """An unfinished request is answered with an error that says what to do."""
    before = failures("request_timeout")
    server = start_server(echo)
    with server.connect() as connection:
        connection.sendall(begun)
        server.wait_until(connection, phase)
        server.let_pass(20)
        status, body = read_answer(connection)
        assert (status, body["error"]["code"]) == (408, "request_timeout")
        assert body["error"]["request_id"].startswith("req-")
        assert is_closed(connection)
    assert failures("request_timeout") == before + 1


def test_time_is_up_before_the_first_byte(start_server: StartServer) -> None:
    """A connection without a request is closed."""
    server = start_server(echo)
    with server.connect() as connection:
        server.wait_until(connection, Phase.NEW)
        server.let_pass(20)
        assert is_closed(connection)


@pytest.mark.parametrize(("begun", "phase"), [(b"", Phase.NEW), (GET, Phase.IDLE)])
def test_time_is_up_between_empty_lines(
    start_server: StartServer, begun: bytes, phase: Phase
) -> None:
    """They may stand before a request, and do not count as one."""
    server = start_server(echo)
    with server.connect() as connection:
        connection.sendall(begun)
        if begun:
            read_answer(connection)
        for part in (b"\r", b"\n", b"\r"):
            server.wait_until(connection, phase)
            connection.sendall(part)
            server.let_pass(8)
        assert is_closed(connection)


def test_time_is_up_between_requests(start_server: StartServer) -> None:
    """A kept connection is closed after its own time."""
    server = start_server(echo, keep_alive=1, body_timeout=3600, head_timeout=3600)
    with server.connect() as connection:
        connection.sendall(GET)
        assert read_answer(connection)[0] == 200
        server.wait_until(connection, Phase.IDLE)
        server.let_pass(1)
        assert is_closed(connection)


def test_time_is_up_for_an_answer(start_server: StartServer) -> None:
    """A client that takes nothing of its answer loses it."""
    before = failures("answer_not_taken")
    server = start_server(large, minimum_rate=2**30)
    with server.connect() as connection:
        connection.sendall(GET)
        server.wait_until(connection, Phase.SENDING)
        server.let_pass(20)
        wait_for(lambda: failures("answer_not_taken") == before + 1)
        response = http.client.HTTPResponse(connection)
        response.begin()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()


def test_slow_but_steady_body(start_server: StartServer) -> None:
    """A body may take longer than its time as long as enough of it comes."""
    server = start_server(echo, body_timeout=200, minimum_rate=1)
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        for _number in range(10):
            server.wait_until(connection, Phase.BODY)
            server.let_pass(100)
            connection.sendall(b"z" * 100)
        status, answer = read_answer(connection)
    assert (status, answer["body"]) == (200, "z" * 1000)


def test_late_threads(start_server: StartServer) -> None:
    """A request that has come in time is answered, although no thread had time for it."""
    held = Held()
    server = start_server(held)
    with server.connect() as first, server.connect() as second:
        first.sendall(GET)
        held.is_begun.wait(20)
        second.sendall(GET)
        server.wait_until(second, Phase.NEW, is_ready=True)
        for _time in range(2):  # the first one is over when the second one begins
            server.let_pass(20)
        held.may_answer.set()
        assert read_answer(first)[0] == 200
        assert read_answer(second)[0] == 200
