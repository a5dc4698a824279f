# SPDX-License-Identifier: Apache-2.0
"""A server with an application of a test's own, and its clients."""

import contextlib
import dataclasses
import http.client
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.types import WSGIApplication

import pytest

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
        self.address: tuple[str, int] = self._listener.getsockname()
        self._goes_on = True
        self._wake_up, self._wakes_up = os.pipe()
        os.set_blocking(self._wake_up, False)
        server = Server(application, [self._listener], limits, threads=threads)
        self.thread = threading.Thread(
            target=server.serve, args=(lambda: self._goes_on, lambda: None, self._wake_up)
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
