# SPDX-License-Identifier: Apache-2.0
"""Defects of the application or the system cost one connection, and no thread."""

import errno
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from kic_vm.events.held_answers import ANSWER_KEY
from kic_vm.server.connection import Phase
from kic_vm.server.connections import WaitingConnections
from tests.unit.server.clients import GET, echo, is_closed, read_answer
from tests.unit.server.conftest import StartServer, wait_for
from tests.unit.server.phases import Silence, client_in


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_failing_application(start_server: StartServer, error: type[BaseException]) -> None:
    """Its client gets an error, and the next one an answer."""

    def failing(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        if environ["PATH_INFO"] == "/":
            raise error("a secret")
        return echo(environ, start_response)

    server = start_server(failing)
    with server.connect() as connection:
        connection.sendall(GET)
        status, body = read_answer(connection)
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "secret" not in str(body)
    assert server.get("/other").status == 200


class Endless(Silence):
    """A held answer that cannot be ended."""

    def close(self) -> None:
        raise RuntimeError


def holding_endless(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    environ[ANSWER_KEY] = Endless(3600)
    start_response("200 OK", [])
    return []


def test_client_that_leaves(start_server: StartServer) -> None:
    """Its connection is closed even if its held answer cannot be ended."""
    server = start_server(holding_endless)
    for _number in range(2):
        with client_in(Phase.HELD, server):
            pass
        wait_for(lambda: server.count == 0)


def test_room_for_another_client(start_server: StartServer) -> None:
    """The accepting thread closes such a connection, too, and goes on."""
    server = start_server(holding_endless, connections_maximum=1)
    with client_in(Phase.HELD, server), client_in(Phase.NEW, server), client_in(Phase.NEW, server):
        assert server.count == 1


def test_failure_after_a_held_answer(start_server: StartServer) -> None:
    """The held answer is ended: nobody waits for it."""
    ended = []

    class Held(Silence):
        def close(self) -> None:
            ended.append(self)

    def failing(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        environ[ANSWER_KEY] = Held(3600)
        raise RuntimeError

    assert start_server(failing).get().status == 500
    assert len(ended) == 1


def test_connection_that_cannot_be_watched(
    start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the system has no room for one more, this one is closed."""
    server = start_server(echo)

    def fail(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(WaitingConnections, "register", fail)
        with server.connect() as connection:
            assert is_closed(connection)
    assert server.get().status == 200
