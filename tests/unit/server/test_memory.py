# SPDX-License-Identifier: Apache-2.0
"""What connections keep in memory, compared with what the server counts for its limit."""

import gc
import tracemalloc
from collections.abc import Iterator
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from kic_vm.server.connection import Phase
from tests.unit.cloud import Cloud
from tests.unit.metrics.samples import Difference
from tests.unit.server.clients import HALF_BODY, take
from tests.unit.server.conftest import StartServer, wait_for
from tests.unit.server.phases import LARGE, SENT, answering, client_in

_TOLERANCE: Final = 100_000
"""Bytes of the connections and requests themselves, and of the test."""


class Memory:
    """The memory that was allocated since this was made, and that is still in use."""

    def __init__(self) -> None:
        self._before = tracemalloc.get_traced_memory()[0]

    @property
    def kept(self) -> int:
        return tracemalloc.get_traced_memory()[0] - self._before


@pytest.fixture(scope="module", autouse=True)
def earlier_objects() -> None:
    """Keep the garbage collector from searching what earlier tests have left, for each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Memory in use, while nobody collects garbage."""
    gc.collect()
    gc.disable()
    tracemalloc.start()
    yield Memory()
    tracemalloc.stop()
    gc.enable()


_TRAILER = HALF_BODY.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked").replace(
    b"begin", b"0\r\nX-Trailer: " + b"z" * 100_000
)


@pytest.mark.parametrize(
    ("phase", "sent"),
    [*SENT.items(), (Phase.BODY, _TRAILER)],
    ids=[*(phase.name for phase in SENT), "trailer"],
)
def test_counted(start_server: StartServer, memory: Memory, phase: Phase, sent: bytes) -> None:
    """In each phase, everything that a connection keeps is counted."""
    server = start_server(answering(3600))
    with client_in(phase, server, sent):
        assert memory.kept <= server.counted + _TOLERANCE


def test_answer_in_the_kernel(start_server: StartServer) -> None:
    """The kernel keeps little of an answer, for its memory is not counted."""
    server = start_server(answering(3600))
    with client_in(Phase.SENDING, server, b"GET /mebibyte HTTP/1.1\r\n\r\n"):
        assert server.counted > 2**19


def test_answer_that_was_taken(start_server: StartServer, memory: Memory) -> None:
    """A connection keeps nothing of it while it waits for its next request."""
    server = start_server(answering(3600))
    with client_in(Phase.SENDING, server) as client:
        take(client, LARGE)
        server.wait_until(client, Phase.IDLE)
        assert memory.kept < _TOLERANCE


def test_answer_that_was_partly_taken(start_server: StartServer, memory: Memory) -> None:
    """What is kept of it is counted, and not much more than the rest is kept."""
    server = start_server(answering(3600))
    with client_in(Phase.SENDING, server) as client:
        for taken in range(4):
            server.wait_until(client, Phase.SENDING)
            rest = LARGE - taken * LARGE // 4
            assert memory.kept - _TOLERANCE <= server.counted <= 2 * rest
            take(client, LARGE // 4)


def test_client_that_leaves(start_server: StartServer, memory: Memory) -> None:
    """The thread that has noticed it keeps nothing of the answer while it waits for others."""
    server = start_server(answering(3600))
    client_in(Phase.SENDING, server).close()
    wait_for(lambda: server.count == 0 and memory.kept < _TOLERANCE)


def leave_cycle(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """An application with an error that keeps all frames of its thread, as libraries have it."""
    if environ["REQUEST_METHOD"] == "POST":
        try:
            int("")
        except ValueError as error:
            frame_to_error = error
        assert frame_to_error.__traceback__
    return answering(3600)(environ, start_response)


_POST: Final = SENT[Phase.BODY].replace(b"1000", b"200000") + b"z" * 199_995


def test_request_with_an_error(start_server: StartServer, memory: Memory) -> None:
    """What keeps the frames of a finished request keeps neither its headers nor its body."""
    server = start_server(leave_cycle, body_maximum=200_000)
    with client_in(Phase.IDLE, server, _POST):
        assert memory.kept < _TOLERANCE


def test_connection_with_an_error(start_server: StartServer, memory: Memory) -> None:
    """Nor does it keep a later answer, when the connection is closed."""
    server = start_server(leave_cycle, body_maximum=200_000)
    with client_in(Phase.IDLE, server, _POST) as client:
        client.sendall(SENT[Phase.SENDING])
        server.wait_until(client, Phase.SENDING)
    wait_for(lambda: server.count == 0 and memory.kept < _TOLERANCE)


def test_callers_without_a_token(
    application: Any, cloud: Cloud, start_server: StartServer, memory: Memory
) -> None:
    """What they have sent to the gateway is forgotten when they are refused."""
    server = start_server(application, body_maximum=200_000)
    kept = []
    for _number in range(4):
        with client_in(Phase.IDLE, server, _POST):
            kept.append(memory.kept)
    assert kept[-1] < kept[0] + _TOLERANCE


@pytest.mark.parametrize(
    "phase", [Phase.HEAD, Phase.BODY, Phase.SENDING, Phase.PIPELINED, Phase.HELD]
)
def test_limit(start_server: StartServer, phase: Phase) -> None:
    """In each phase in which a connection can keep much, it is closed if it keeps too much."""
    count = Difference("kic_vm_client_failures_total", reason="too_much_memory")
    server = start_server(answering(3600), buffered_maximum=2000)
    with server.connect() as client:
        client.sendall(SENT[phase])
        wait_for(lambda: count() == 1 and server.count == 0)
