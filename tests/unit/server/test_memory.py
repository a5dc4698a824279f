# SPDX-License-Identifier: Apache-2.0
"""What connections keep in memory, compared with what the server counts for its limit."""

import tracemalloc
from collections.abc import Iterator
from typing import Final

import pytest

from kic_vm.server.connection import Phase
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


@pytest.fixture
def memory() -> Iterator[Memory]:
    tracemalloc.start()
    yield Memory()
    tracemalloc.stop()


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
