# SPDX-License-Identifier: Apache-2.0
"""The requests that wait for events: what they hold, and failures of Redis at each step."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events import subscription
from kic_vm.events.hub import EventHub, WaitingRequest
from kic_vm.events.model import Cursor, Position
from kic_vm.events.reader import Entry
from kic_vm.events.stream import EventStream
from tests.unit.events.conftest import PROJECT, sighting
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

FIRST = "2026-11-27T10:00:00Z"


class Rendered:
    """Renders nothing, and remembers what it got."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.cursor: Cursor | None = None
        self.followed_at: str | None = None

    def __call__(self, entries: list[Entry], cursor: Cursor, followed_at: str | None) -> bytes:
        self.entries, self.cursor, self.followed_at = entries, cursor, followed_at
        return b""


def wait_in(hub: EventHub, render: Any = lambda *_args: b"") -> WaitingRequest:
    """A request that waits for each event of the project."""
    request = hub.add(
        PROJECT, seconds=3600, is_stream=True, is_wanted=lambda _event: True, render=render
    )
    assert request is not None
    request.start([], Cursor(Position(0, 0), "a" * 8), "2026-11-27T09:00:00Z")
    return request


def entry(number: int) -> Entry:
    return Position(number, 0), sighting("Active", FIRST).event


def wait_until(condition: Any) -> None:
    while not condition():
        time.sleep(0.005)


def test_slow_client(stream: EventStream) -> None:
    """A client that does not take its events holds a limited number of them, and loses none."""
    render = Rendered()
    request = wait_in(EventHub(stream, 10), render)
    for number in range(1, 5001):
        request.offer(entry(number))
    assert request.has_news()
    assert request.next_part() == (b"", True)
    assert len(render.entries) == 1001
    assert render.cursor is not None
    assert render.cursor.position == render.entries[-1][0]
    assert request.next_part() == (b"", True)
    assert render.entries == []
    request.close()


def test_followed_at(stream: EventStream) -> None:
    """An event does not show that all earlier changes were recorded."""
    render = Rendered()
    request = wait_in(EventHub(stream, 10), render)
    request.offer(entry(1))
    request.next_part()
    assert render.followed_at == "2026-11-27T09:00:00Z"
    request.close()


def test_redis_hangs_at_a_subscription(
    stream: EventStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting requests can end while another one waits for Redis."""
    hub = EventHub(stream, 10)
    request, began, opened = wait_in(hub), threading.Event(), threading.Event()
    subscribe = stream.subscribe

    def hang() -> Any:
        began.set()
        assert opened.wait(20)
        return subscribe()

    def fail(*_args: Any) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(subscription.Subscription, "next_message", fail)
        wait_until(request.has_news)
    monkeypatch.setattr(stream, "subscribe", hang)
    added: list[WaitingRequest] = []
    adding = [threading.Thread(target=lambda: added.append(wait_in(hub))) for _number in range(3)]
    for thread in adding:
        thread.start()
    assert began.wait(20)
    closing = threading.Thread(target=request.close)
    closing.start()
    closing.join(10)
    is_closed = not closing.is_alive()
    opened.set()
    for thread in adding:
        thread.join(20)
    assert is_closed
    assert len(added) == 3
    for waiting in added:
        waiting.close()


def test_no_thread(stream: EventStream, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the process cannot start a thread, the next request tries again."""
    hub = EventHub(stream, 10)

    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with pytest.raises(RuntimeError):
            wait_in(hub)
    request = wait_in(hub)
    stream.record([sighting("Active", FIRST)])
    wait_until(request.has_news)
    request.close()


@pytest.mark.parametrize("message", [b"", b"a", b"a b", b"\xff 1-1 x", b"a b c", b"a 1-1 c"])
def test_foreign_message(stream: EventStream, server: FakeRedis, message: bytes) -> None:
    """A message of another program is ignored, and the requests go on waiting."""
    hub = EventHub(stream, 10)
    request = wait_in(hub)
    for project in (b"", PROJECT.encode() + b" "):
        server.look("PUBLISH", "p:events:new", project + message)
    stream.record([sighting("Active", FIRST)])
    wait_until(request.has_news)
    render = request.next_part()
    assert render == (b"", False)
    request.close()


class SilentRedis:
    """A server that confirms subscriptions and then never sends anything again."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _address = self._listener.accept()
        received = b""
        with connection:
            while data := connection.recv(65536):
                received += data
                while b"\r\n" in received:
                    line, _end, received = received.partition(b"\r\n")
                    if line == b"SUBSCRIBE":
                        connection.sendall(b"*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n")
                    elif line == b"CLIENT":
                        connection.sendall(b"+OK\r\n")

    def close(self) -> None:
        self._listener.close()
        self._thread.join(20)


@pytest.fixture
def silent() -> Iterator[SilentRedis]:
    server = SilentRedis()
    yield server
    server.close()


def test_silent_connection(silent: SilentRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscription whose server no longer answers is noticed."""
    monkeypatch.setattr(subscription, "_PING_SECONDS", 0.05)
    monkeypatch.setattr(subscription, "_SILENT_SECONDS", 0.2)
    options: dict[str, Any] = {"protocol": 2}
    client = redis.Redis(port=silent.port, socket_timeout=20, **options)
    sealed = SealedRedis(client, "p:", SECRET)
    stream = EventStream(sealed, Outage(0), length=9, age=60, timeout=20)
    subscribed = stream.subscribe()
    with pytest.raises(StoreUnavailable):
        read_until_failure(subscribed)
    subscribed.close()


def read_until_failure(subscribed: subscription.Subscription) -> None:
    while True:
        assert subscribed.next_message(0.05) is None


def test_quiet_connection(stream: EventStream, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without events is not lost: it answers the pings."""
    monkeypatch.setattr(subscription, "_PING_SECONDS", 0)
    subscribed = stream.subscribe()
    for _time in range(5):
        assert subscribed.next_message(0.01) is None
    stream.record([sighting("Active", FIRST)])
    while subscribed.next_message(1) is None:
        pass
    subscribed.close()
