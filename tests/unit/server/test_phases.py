# SPDX-License-Identifier: Apache-2.0
"""What holds for a connection in every phase: it takes limited time, and delays no stop."""

import pytest

from kic_vm.server.connection import Phase
from tests.unit.metrics.samples import Difference
from tests.unit.server.clients import take
from tests.unit.server.conftest import StartServer
from tests.unit.server.phases import LARGE, SENT, answering, client_in

# What a connection that is ended in a phase counts as; the others are nobody's fault.
FAILURES = {
    Phase.HEAD: "request_timeout",
    Phase.BODY: "request_timeout",
    Phase.SENDING: "answer_not_taken",
    Phase.PIPELINED: "answer_not_taken",
}


def test_all_phases() -> None:
    """Each phase has a client; while the application works, a connection does not wait."""
    assert set(SENT) == set(Phase) - {Phase.SERVING}


@pytest.mark.parametrize("phase", SENT)
def test_time(start_server: StartServer, phase: Phase) -> None:
    """A client that does nothing more loses its connection, and a metric says why."""
    server = start_server(answering(20))
    counts = {
        reason: Difference("kic_vm_client_failures_total", reason=reason)
        for reason in ("request_timeout", "answer_not_taken", "too_much_memory")
    }
    with client_in(phase, server):
        server.let_pass_until(lambda: server.count == 0)
    expected = {FAILURES[phase]: 1.0} if phase in FAILURES else {}
    assert {reason: count() for reason, count in counts.items() if count()} == expected


@pytest.mark.parametrize("phase", SENT)
def test_stop(start_server: StartServer, phase: Phase) -> None:
    """A client that does nothing more delays a stop by its own time at most."""
    server = start_server(answering(3600), keep_alive=3600, graceful_timeout=10**6)
    with client_in(phase, server):
        server.begin_to_stop()
        server.let_pass_until(lambda: not server.thread.is_alive())


@pytest.mark.parametrize("phase", [Phase.SENDING, Phase.PIPELINED])
def test_steady_client(start_server: StartServer, phase: Phase) -> None:
    """A client that takes enough of an answer has time, even before the kernel accepts more."""
    server = start_server(answering(3600), body_timeout=50, minimum_rate=1)
    with client_in(phase, server) as client:
        for _number in range(3):
            take(client, 10_000)  # more than its kernel keeps, so some of it is acknowledged
            server.let_pass(30)
        take(client, LARGE - 3 * 10_000)
