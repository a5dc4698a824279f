# SPDX-License-Identifier: Apache-2.0
"""Clients of all kinds in front of one thread."""

import http.client

import pytest

from kic_vm.server.connection import Phase
from tests.unit.server.applications import Held, failures, large
from tests.unit.server.clients import GET, HALF_BODY, HALF_HEAD, echo, is_closed, read_answer
from tests.unit.server.conftest import StartServer
from tests.unit.server.phases import LARGE, MEDIUM, answering, client_in


@pytest.mark.parametrize("begun", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
def test_unfinished_requests(start_server: StartServer, begun: bytes) -> None:
    """They hold no thread."""
    server = start_server(echo)
    connections = [server.connect() for _number in range(20)]
    for connection in connections:
        connection.sendall(begun)
    assert server.get().status == 200
    for connection in connections:
        connection.close()


def test_answers_that_nobody_takes(start_server: StartServer) -> None:
    """They hold no thread either, and are not lost for a client that takes them later."""
    server = start_server(large)
    connections = [server.connect() for _number in range(3)]
    for connection in connections:
        connection.sendall(GET)
    assert server.get("/small").status == 200
    for connection in connections:
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert len(response.read()) == LARGE
        connection.close()


def test_kept_connection(start_server: StartServer) -> None:
    """It serves one request after the other, also when they come at once."""
    server = start_server(echo, threads=4)
    with server.connect() as connection:
        for number in range(3):
            connection.sendall(b"GET /%d?a=b HTTP/1.1\r\n\r\n" % number)
            assert read_answer(connection)[1]["path"] == f"/{number}"
        connection.sendall(b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(50)))
        with connection.makefile("rb") as answers:
            received = b""
            while b'"path": "/49"' not in received:
                received += answers.read1()
    places = [received.index(b'"path": "/%d"' % number) for number in range(50)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ids=["old", "told"],
)
def test_last_request(start_server: StartServer, sent: bytes) -> None:
    """The connection is closed after its answer."""
    server = start_server(echo)
    with server.connect() as connection:
        connection.sendall(sent)
        assert read_answer(connection)[0] == 200
        assert is_closed(connection)


@pytest.mark.parametrize(
    "last",
    [
        b"GET /medium HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"POST /medium HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["told", "behind chunks"],
)
def test_requests_behind_the_last_one(start_server: StartServer, last: bytes) -> None:
    """A client that has sent more requests gets the whole answer, and then the end."""
    server = start_server(answering(3600))
    with client_in(Phase.CLOSING, server, last + GET * 5000) as client:
        response = http.client.HTTPResponse(client)
        response.begin()
        assert len(response.read()) == MEDIUM
        assert is_closed(client)


def test_no_kept_connections(start_server: StartServer) -> None:
    """Where none is to be kept, the client is told so."""
    assert start_server(echo, keep_alive=0).get().headers["Connection"] == "close"


def test_continue(start_server: StartServer) -> None:
    """A client that asks before it sends the body is told to go on, once."""
    server = start_server(echo)
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        told = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert connection.recv(len(told)) == told
        connection.sendall(b"a")
        server.wait_until(connection, Phase.BODY)
        connection.sendall(b"b")
        assert read_answer(connection)[1]["body"] == "ab"


def test_large_body(start_server: StartServer) -> None:
    """The application answers it at once, and a client that goes on sending gets the answer."""
    server = start_server(echo, body_maximum=10)
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
        connection.sendall(b"z" * 1_000_000)
        assert read_answer(connection)[1] == {
            "method": "POST",
            "path": "/",
            "query": "",
            "length": "1000000",
            "body": "",
        }
        assert is_closed(connection)


def test_malformed(start_server: StartServer) -> None:
    """It is answered in the error envelope."""
    before = failures("malformed_request")
    server = start_server(echo)
    with server.connect() as connection:
        connection.sendall(b"zzzz\r\n\r\n")
        status, body = read_answer(connection)
        assert (status, body["error"]["code"]) == (400, "malformed_request")
        assert is_closed(connection)
    assert failures("malformed_request") == before + 1


def test_many_connections(start_server: StartServer) -> None:
    """One too many takes the place of the one that has waited longest."""
    before = failures("too_many_connections")
    server = start_server(echo, connections_maximum=3)
    connections = [server.connect() for _number in range(3)]
    assert server.get().status == 200
    assert is_closed(connections[0])
    assert failures("too_many_connections") == before + 1
    connections[2].sendall(GET)
    assert read_answer(connections[2])[0] == 200
    for connection in connections:
        connection.close()


def test_many_connections_at_once(start_server: StartServer) -> None:
    """They do not wait, one by one, for other processes to accept them."""
    server = start_server(echo)
    server.clock.may_go_on.clear()
    connections = [server.connect() for _number in range(100)]
    server.clock.may_go_on.set()
    assert server.get().status == 200
    assert server.clock.pauses < 20
    for connection in connections:
        connection.close()


def test_much_memory(start_server: StartServer) -> None:
    """Connections that hold too much together are closed, those that have waited longest first."""
    server = start_server(echo, buffered_maximum=10_000)
    connections = [server.connect() for _number in range(4)]
    for connection in connections:
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + b"z" * 4000)
    assert is_closed(connections[0])
    assert server.get().status == 200
    for connection in connections:
        connection.close()


def test_stop(start_server: StartServer) -> None:
    """What has begun is answered, and then everything is closed."""
    held = Held()
    server = start_server(held)
    serving, half, kept = server.connect(), server.connect(), server.connect()
    serving.sendall(GET)
    held.is_begun.wait(20)
    half.sendall(HALF_BODY)
    server.wait_until(half, Phase.NEW, is_ready=True)
    server.begin_to_stop()
    server.let_pass(2)
    assert is_closed(kept)
    with pytest.raises(ConnectionRefusedError):
        server.connect()
    held.may_answer.set()
    half.sendall(b"z" * 995)
    for connection in (serving, half):
        assert read_answer(connection)[0] == 200
        assert is_closed(connection)
    server.thread.join(20)
    assert not server.thread.is_alive()
    for connection in (serving, half, kept):
        connection.close()


def test_stop_takes_too_long(start_server: StartServer) -> None:
    """What does not end in time is given up."""
    server = start_server(echo, graceful_timeout=10, body_timeout=10**6)
    with server.connect() as connection:
        connection.sendall(HALF_BODY)
        server.wait_until(connection, Phase.BODY)
        server.begin_to_stop()
        server.let_pass_until(lambda: not server.thread.is_alive())
