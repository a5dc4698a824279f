# SPDX-License-Identifier: Apache-2.0
"""Audit events for a message broker: no request waits for it, and no event is lost unseen."""

import json
import socket
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oslo_messaging.transport import Transport

from kic_vm.middleware import audit_queue
from tests.unit.bodies import INSTANCE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.middleware.test_audit import ENABLED, events

Stops = list[Callable[[], None]]


@pytest.fixture(autouse=True)
def stops(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stops]:
    """What the process calls when it stops; the broker gets little time then."""
    monkeypatch.setattr(audit_queue, "_STOP_SECONDS", 0.5)
    registered: Stops = []
    atexit = types.SimpleNamespace(register=registered.append)
    monkeypatch.setattr(audit_queue, "atexit", atexit)
    yield registered
    for stop in registered:
        stop()


@pytest.fixture
def broker() -> Iterator[int]:
    """The port of a broker that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def options(broker: int) -> str:
    return (
        f"{ENABLED}[audit_middleware_notifications]\n"
        "use_oslo_messaging = true\ndriver = messagingv2\n"
        f"transport_url = rabbit://u:p@127.0.0.1:{broker}/\n"
    )


def in_time(is_done: Callable[[], object]) -> None:
    """Something happens within a few seconds."""
    end = time.monotonic() + 5
    while not is_done():
        assert time.monotonic() < end
        time.sleep(0.01)


class Broker:
    """A broker that takes each event when it is allowed to."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.allowed = threading.Semaphore(0)
        self.error: Exception | None = None

    def notify(self, *event: Any) -> None:
        assert self.allowed.acquire(timeout=5)
        if self.error is not None:
            raise self.error
        self.taken.append(event[2]["id"])


class Log:
    """The log."""

    def __init__(self) -> None:
        self.logged: list[Any] = []

    def notify(self, *event: Any) -> None:
        self.logged.append(event[2]["id"])


def send(queue: audit_queue.AuditQueue, *numbers: int) -> None:
    """Put events with these ids into the queue."""
    for number in numbers:
        queue.notify({}, "audit", {"id": number})


def test_silent_broker(member: Caller, populated: Cloud, lines: list[str], stops: Stops) -> None:
    """Changes are answered at once, and a stopping process logs their events."""
    member.get("/api/v1/flavors")
    for _time in range(3):
        assert member.post(f"{INSTANCE}/stop").status_code == 202
    # All three are answered while the first event still waits for the broker.
    assert events(lines) == []
    (stop,) = stops
    stop()
    assert [event["action"] for event in events(lines)] == ["stop"] * 3


def test_sent(
    member: Caller,
    populated: Cloud,
    lines: list[str],
    stops: Stops,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker gets each event, and the log does not."""
    sent: list[Any] = []
    monkeypatch.setattr(
        Transport,
        "_send_notification",
        lambda _self, _target, _context, message, **_options: sent.append(message),
    )
    member.post(f"{INSTANCE}/stop")
    (stop,) = stops
    stop()
    (message,) = sent
    assert (message["event_type"], message["payload"]["action"]) == ("audit.http.response", "stop")
    assert json.loads(json.dumps(message["payload"])) == message["payload"]
    assert events(lines) == []


def test_order() -> None:
    """The broker gets the events in their order, and a stop waits for the last one."""
    broker, log = Broker(), Log()
    queue = audit_queue.AuditQueue(broker, log)
    send(queue, 1, 2, 3)
    assert broker.taken == []
    threading.Timer(0.1, broker.allowed.release, [3]).start()
    queue.stop()
    assert (broker.taken, log.logged) == ([1, 2, 3], [])


def test_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events that find the queue full go to the log; there is room again as the broker goes on."""
    monkeypatch.setattr(audit_queue, "_LENGTH", 2)
    broker, log = Broker(), Log()
    queue = audit_queue.AuditQueue(broker, log)
    send(queue, 1, 2, 3, 4)
    assert log.logged == [3, 4]
    broker.allowed.release(2)
    in_time(lambda: broker.taken == [1, 2])
    broker.allowed.release()
    queue.stop()
    send(queue, 5)
    queue.stop()
    assert (broker.taken, log.logged) == ([1, 2, 5], [3, 4])


def test_stop_while_sending() -> None:
    """A stop logs the event that is being sent, and the thread does not lose the next one."""
    broker, log = Broker(), Log()
    queue = audit_queue.AuditQueue(broker, log)
    send(queue, 1, 2)
    queue.stop()
    assert log.logged == [1, 2]
    send(queue, 3)
    broker.allowed.release(2)
    in_time(lambda: broker.taken == [1, 3])


def test_failure() -> None:
    """An event that cannot be sent goes to the log, and the next one is sent."""
    broker, log = Broker(), Log()
    queue = audit_queue.AuditQueue(broker, log)
    broker.error = OSError("refused")
    send(queue, 1)
    broker.allowed.release()
    in_time(lambda: log.logged == [1])
    broker.error = None
    send(queue, 2)
    broker.allowed.release()
    in_time(lambda: broker.taken == [2])


def test_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the process cannot start a thread, its events go to the log until it can."""
    broker, log = Broker(), Log()
    queue = audit_queue.AuditQueue(broker, log)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", _no_start)
        send(queue, 1)
    assert log.logged == [1]
    send(queue, 2)
    broker.allowed.release()
    in_time(lambda: broker.taken == [2])


def _no_start(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")
