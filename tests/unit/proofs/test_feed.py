# SPDX-License-Identifier: Apache-2.0
"""What the proof of the feed concludes from what it saw."""

import dataclasses
import socket

import pytest

from tests.proofs.feed import report
from tests.proofs.feed.clients import Arrival, WaitingClients
from tests.proofs.feed.proof import Latency, Options, Result, Waiting, changes_of, latencies_of
from tests.proofs.history.truth import Notification

GOOD = Latency("notifications", "wait", 10, missing=0, p50=0.05, p99=0.4, worst=0.5)
WAITING = Waiting(clients=100, answered=100, mebibytes=3.0, threads=1, first=0.1, last=0.2)


def notification(vm_state: str, task_state: str | None, at: float) -> Notification:
    return Notification("i", vm_state, task_state, at)


def test_changes() -> None:
    """Only changes to a state that lasts count, once each."""
    notifications = [
        notification("active", None, 1),
        notification("active", "powering-off", 2),
        notification("stopped", None, 3),
        notification("stopped", None, 4),
        notification("stopped", "powering-on", 5),
        notification("active", None, 6),
    ]
    assert changes_of(reversed(notifications)) == [("i", "Stopped", 3), ("i", "Active", 6)]


def test_latencies() -> None:
    """Each change has its own event; one without an event is missing."""
    changes = [("i", "Stopped", 10.0), ("i", "Active", 12.0), ("i", "Stopped", 14.0)]
    arrivals = [Arrival("i", "Stopped", 10.5), Arrival("j", "Active", 12.1)]
    arrivals.append(Arrival("i", "Stopped", 14.25))
    assert latencies_of(changes, arrivals) == ([0.25, 0.5], 1)
    assert latencies_of(changes, arrivals[1:]) == ([0.25], 2)


@pytest.mark.parametrize("changes", [{"p50": 0.4}, {"p99": 1.5}, {"missing": 1}])
def test_slow_feed(changes: dict[str, float]) -> None:
    """With notifications, each aim counts; lists may be slower."""
    bad = dataclasses.replace(GOOD, **changes)  # type: ignore[arg-type]
    assert Result(Options(), [GOOD], WAITING).is_passed
    assert not Result(Options(), [bad], WAITING).is_passed
    assert Result(Options(), [dataclasses.replace(bad, source="lists")], WAITING).is_passed


@pytest.mark.parametrize("changes", [{"answered": 99}, {"threads": 100}])
def test_costly_waiting(changes: dict[str, int]) -> None:
    """Each waiting client receives the event, without a thread of its own."""
    waiting = dataclasses.replace(WAITING, **changes)
    assert not Result(Options(), [GOOD], waiting).is_passed


def test_report() -> None:
    """The page has both tables."""
    page = report.page(Result(Options(), [GOOD], WAITING))
    assert "     - 0.05 s\n     - 0.4 s\n     - 0.5 s" in page
    assert "Waiting clients of one process" in page


def test_waiting_clients() -> None:
    """The time of each answer is the one at which the text has arrived in it."""
    answer = b"HTTP/1.1 200 OK\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        class Feed:
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
            token = "secret"

            def get(self, _path: str) -> dict[str, str]:
                return {"cursor": "1-0.00000000"}

        clients = WaitingClients(Feed(), 2)  # type: ignore[arg-type]
        first, second = server.accept()[0], server.accept()[0]
        for connection in (first, second):
            assert b"wait=" in connection.recv(4096)
        first.sendall(answer)
        first.sendall(b"the event")
        second.sendall(answer)
        second.close()
        assert len(clients.receive(b"the event", 20)) == 1
        clients.close()
        first.close()
