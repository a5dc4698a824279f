# SPDX-License-Identifier: Apache-2.0
"""A server with an application of a test's own, and its clients."""

import contextlib
import dataclasses
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.types import WSGIApplication

import pytest

from kic_vm.server import connection, server
from kic_vm.server.connection import Connection, Phase
from kic_vm.server.limits import Limits
from kic_vm.server.server import Server

LIMITS = Limits(
    head_timeout=20,
    body_timeout=20,
    minimum_rate=500,
    keep_alive=20,
    graceful_timeout=20,
    body_maximum=10_000,
    connections_maximum=1000,
)


class Clock:
    """The server's module ``time``: a test lets time pass, and need not be quick itself."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.pauses = 0
        self.may_go_on = threading.Event()
        """Until it is set, a pause of the server does not end."""
        self.may_go_on.set()

    def sleep(self, seconds: float) -> None:
        self.pauses += 1
        time.sleep(seconds)
        self.may_go_on.wait(20)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


class RunningServer:
    """A server in a thread of the test's process."""

    def __init__(
        self, application: WSGIApplication, threads: int, limits: Limits, clock: Clock
    ) -> None:
        self.clock = clock
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._goes_on = True
        self._wake_up, self._wakes_up = os.pipe()
        os.set_blocking(self._wake_up, False)
        self._server = Server(
            application, [self._listener], limits, threads=threads, is_multiprocess=True
        )
        self.thread = threading.Thread(
            target=self._server.serve, args=(lambda: self._goes_on, lambda: None, self._wake_up)
        )
        self.thread.start()

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(self.address, timeout=20)

    def get(self, path: str = "/") -> http.client.HTTPResponse:
        """The answer to a GET on a connection of its own, with its body read."""
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
        return response

    def wait_until(self, client: socket.socket, phase: Phase, *, is_ready: bool = False) -> None:
        """Wait until a client's connection waits in a phase.

        A client can have its answer a moment before its connection waits.

        :param is_ready: whether the event has happened for which it waits
        """

        def is_so(connection: Connection) -> bool:
            is_waiting = connection.phase is phase and connection.is_ready() is is_ready
            return is_waiting and _is_of(client, connection)

        wait_for(lambda: any(map(is_so, self._waiting())))

    @property
    def count(self) -> int:
        """The number of open connections."""
        return self._server._threads.count

    @property
    def counted(self) -> int:
        """The bytes in memory that the server counts for its limit."""
        return self._server._waiting._held

    def _waiting(self) -> tuple[Connection, ...]:
        return tuple(self._server._waiting._waiting)

    def let_pass(self, seconds: float) -> None:
        """Let time pass for the server, and wait until it has begun to look who is late."""
        self.clock.ahead += seconds
        now = self.clock.monotonic()
        os.write(self._wakes_up, b"0")
        wait_for(lambda: self._server._next_check > now or not self.thread.is_alive())

    def let_pass_until(self, is_so: Callable[[], bool]) -> None:
        """Let time pass until something is so, for some hours at most."""

        def is_so_later() -> bool:
            self.let_pass(5)
            return is_so()

        wait_for(is_so_later)

    def begin_to_stop(self) -> None:
        """Tell it to stop."""
        self._goes_on = False
        os.write(self._wakes_up, b"0")

    def stop(self) -> None:
        """Stop it, and wait until it has."""
        self.begin_to_stop()
        self.thread.join()
        self._listener.close()
        os.close(self._wake_up)
        os.close(self._wakes_up)


def _is_of(client: socket.socket, connection: Connection) -> bool:
    return bool(connection.client == client.getsockname())


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until something is so, for 20 seconds at most."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


StartServer = Callable[..., RunningServer]


@pytest.fixture
def start_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartServer]:
    """Start a server with one thread and long limits, unless a test says otherwise."""
    clock = Clock()
    for module in (connection, server):
        monkeypatch.setattr(module, "time", clock)
    with contextlib.ExitStack() as stack:

        def start(application: WSGIApplication, threads: int = 1, **limits: Any) -> RunningServer:
            changed = dataclasses.replace(LIMITS, **limits)
            running = RunningServer(application, threads, changed, clock)
            stack.callback(running.stop)
            return running

        yield start
