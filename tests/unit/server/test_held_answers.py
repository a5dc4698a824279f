# SPDX-License-Identifier: Apache-2.0
"""Clients that wait for news, in front of one thread."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from kic_vm.events.held_answers import ANSWER_KEY, SERVER_KEY
from kic_vm.server.connection import Phase
from tests.unit.server.clients import GET, is_closed, read_answer
from tests.unit.server.conftest import StartServer, wait_for

STREAM = b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
NOW = b"GET /now HTTP/1.1\r\nHost: localhost\r\n\r\n"


class News:
    """An application whose clients wait for the news that a test tells."""

    def __init__(self) -> None:
        self.waiting: list[Held] = []
        self.lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        assert environ[SERVER_KEY]
        start("200 OK", [("Content-Type", "application/json"), ("X-Kept", "yes")])
        path = environ["PATH_INFO"]
        if path == "/now":
            return [b'"now"']
        held = Held(self, is_stream=path == "/stream", seconds=1 if path == "/short" else 3600)
        with self.lock:
            self.waiting.append(held)
        environ[ANSWER_KEY] = held
        return [b'"begin"\n'] if held.is_stream else []

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.waiting) == count)

    def tell(self, text: str) -> None:
        for held in list(self.waiting):
            held.tell(text)


class Held:
    """One client's answer."""

    def __init__(self, news: News, *, is_stream: bool, seconds: float) -> None:
        self.is_stream = is_stream
        self.due = time.monotonic() + seconds
        self._news = news
        self._texts: list[str] = []
        self._wake: Callable[[], None] = lambda: None

    def tell(self, text: str) -> None:
        self._texts.append(text)
        self._wake()

    def wake(self) -> None:
        """Wake the server, as after news that it has already sent."""
        self._wake()

    def call_on_news(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def has_news(self) -> bool:
        return bool(self._texts)

    def next_part(self) -> tuple[bytes, bool]:
        texts, self._texts = self._texts, []
        part = json.dumps(texts).encode() + b"\n"
        return part, not self.is_stream or texts == ["end"]

    def close(self) -> None:
        with self._news.lock:
            self._news.waiting.remove(self)


@pytest.fixture
def news() -> Iterator[News]:
    told = News()
    yield told
    assert told.waiting == []


def test_news(start_server: StartServer, news: News) -> None:
    """Waiting clients hold no thread, and all of them get the news."""
    server = start_server(news)
    connections = [server.connect() for _number in range(50)]
    for connection in connections:
        connection.sendall(GET)
    news.wait_for(50)
    with server.connect() as another:
        another.sendall(NOW)
        assert read_answer(another) == (200, "now")
    news.tell("a")
    for connection in connections:
        assert read_answer(connection) == (200, ["a"])
        connection.sendall(NOW)
        assert read_answer(connection) == (200, "now")
        connection.close()


def test_headers(start_server: StartServer, news: News) -> None:
    """An answer that was held has the headers of the application and its own length."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(GET)
        news.wait_for(1)
        news.tell("a")
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert (response.headers["X-Kept"], response.headers["Content-Length"]) == ("yes", "6")


def test_time_is_up(start_server: StartServer, news: News) -> None:
    """Without news, a client gets its answer when it is due."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(GET.replace(b"/", b"/short", 1))
        server.wait_until(connection, Phase.HELD)
        server.let_pass(1)
        assert read_answer(connection) == (200, [])


def test_stream(start_server: StartServer, news: News) -> None:
    """A stream has each piece of news when it comes, until its end."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(STREAM)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.headers["Content-Length"] is None
        assert response.readline() == b'"begin"\n'
        for text in ("a", "b", "end"):
            news.wait_for(1)
            news.tell(text)
            assert json.loads(response.readline()) == [text]
        assert response.read() == b""


@pytest.mark.parametrize(("request_bytes", "begin"), [(GET, b""), (STREAM, b'"begin"\n')])
def test_no_news(start_server: StartServer, news: News, request_bytes: bytes, begin: bytes) -> None:
    """A client that is woken without news goes on waiting."""
    with start_server(news).connect() as connection:
        connection.sendall(request_bytes)
        response = http.client.HTTPResponse(connection)
        news.wait_for(1)
        if begin:
            response.begin()
            assert response.readline() == begin
        for _time in range(3):
            news.waiting[0].wake()
        news.tell("end")
        if not begin:
            response.begin()
        assert json.loads(response.readline()) == ["end"]


@pytest.mark.parametrize("request_bytes", [GET, STREAM])
def test_client_that_leaves(start_server: StartServer, news: News, request_bytes: bytes) -> None:
    """A client that disconnects is forgotten at once."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(request_bytes)
        news.wait_for(1)
    wait_for(lambda: not news.waiting)
    assert server.get("/now").status == 200


@pytest.mark.parametrize("request_bytes", [GET, STREAM])
def test_client_that_leaves_with_unread_bytes(
    start_server: StartServer, news: News, request_bytes: bytes
) -> None:
    """A client that disconnects is forgotten even if it has sent a part of another request."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(request_bytes)
        news.wait_for(1)
        connection.sendall(b"G")
    wait_for(lambda: not news.waiting)
    assert server.get("/now").status == 200


def test_early_next_request(start_server: StartServer, news: News) -> None:
    """A request that comes while another one is held waits for its turn."""
    with start_server(news).connect() as connection:
        connection.sendall(GET + NOW)
        news.wait_for(1)
        news.tell("a")
        assert read_answer_bytes(connection, 2) == [["a"], "now"]


def read_answer_bytes(connection: Any, count: int) -> list[Any]:
    """The bodies of some answers that may come in one piece."""
    received = b""
    while received.count(b"HTTP/1.1 200") < count or not received.endswith(b'"now"'):
        received += connection.recv(65536)
    return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in received.split(b"HTTP/")[1:]]


@pytest.mark.parametrize("request_bytes", [GET, STREAM])
def test_server_that_stops(start_server: StartServer, news: News, request_bytes: bytes) -> None:
    """Clients that wait are answered at once when the server stops."""
    server = start_server(news)
    with server.connect() as connection:
        connection.sendall(request_bytes)
        news.wait_for(1)
        server.begin_to_stop()
        server.let_pass(1)
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.read().endswith(b"[]\n")
        server.let_pass(2)
        assert is_closed(connection)


def test_room_for_new_clients(start_server: StartServer, news: News) -> None:
    """With too many connections, an idle one is closed before one that waits for news."""
    server = start_server(news, connections_maximum=2)
    with server.connect() as waiting, server.connect() as idle:
        waiting.sendall(GET)
        news.wait_for(1)
        idle.sendall(NOW)
        read_answer(idle)
        # Until then, the one that waits for news would be closed.
        server.wait_until(idle, Phase.IDLE)
        assert server.get("/now").status == 200
        assert is_closed(idle)
        news.tell("a")
        assert read_answer(waiting) == (200, ["a"])
