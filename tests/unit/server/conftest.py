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

from kic_vm.server.connections import Connection, Phase
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


class RunningServer:
    """A server in a thread of the test's process."""

    def __init__(self, application: WSGIApplication, threads: int, limits: Limits) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        # What the kernel takes of an answer, for a client that does not read, is soon taken.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._goes_on = True
        self._wake_up, self._wakes_up = os.pipe()
        os.set_blocking(self._wake_up, False)
        self._server = Server(application, [self._listener], limits, threads=threads)
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

    def wait_until(self, client: socket.socket, phase: Phase) -> None:
        """Wait until a client's connection waits in a phase, and nothing has happened yet.

        A client can have its answer a moment before its connection waits.
        """

        def is_so(connection: Connection) -> bool:
            is_waiting = connection.phase is phase and not connection.is_ready()
            return is_waiting and _is_of(client, connection)

        wait_for(lambda: any(map(is_so, self._waiting())))

    def wait_until_closed(self, client: socket.socket) -> None:
        """Wait until a client has no connection any more, whether it has noticed or not."""
        wait_for(lambda: not any(_is_of(client, found) for found in self._open()))

    def wait_until_all_closed(self) -> None:
        """Wait until there is no connection, and no thread has work."""
        wait_for(lambda: not self._open())

    @property
    def counted(self) -> int:
        """The bytes in memory that the server knows of."""
        return self._server._waiting._held

    def _waiting(self) -> tuple[Connection, ...]:
        return tuple(self._server._waiting._waiting)

    def _open(self) -> tuple[Connection, ...]:
        return tuple(self._server._threads._connections.values())

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
def start_server() -> Iterator[StartServer]:
    """Start a server with one thread and long limits, unless a test says otherwise."""
    with contextlib.ExitStack() as stack:

        def start(application: WSGIApplication, threads: int = 1, **limits: Any) -> RunningServer:
            server = RunningServer(application, threads, dataclasses.replace(LIMITS, **limits))
            stack.callback(server.stop)
            return server

        yield start
