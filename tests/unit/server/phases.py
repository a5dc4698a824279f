# SPDX-License-Identifier: Apache-2.0
"""A client for each phase in which a connection can wait."""

import socket
import time
from collections.abc import Callable
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

from kic_vm.events.held_answers import ANSWER_KEY
from kic_vm.server.connection import Phase
from tests.unit.server.clients import GET, HALF_BODY, HALF_HEAD
from tests.unit.server.conftest import RunningServer

LARGE: Final = 16 * 2**20
"""Bytes that no client gets without reading."""
MEDIUM: Final = 20_000
"""Bytes that the kernel accepts at once."""
_SIZES: Final = {"/large": LARGE, "/mebibyte": 2**20, "/medium": MEDIUM}
_MANY: Final = 1000
_LARGE_HEAD: Final = b"".join(b"X-%d: %b\r\n" % (number, b"z" * 8000) for number in range(50))


class Silence:
    """A held answer without news."""

    is_stream = False

    def __init__(self, seconds: float) -> None:
        self.due = time.monotonic() + seconds

    def call_on_news(self, wake: Callable[[], None]) -> None: ...

    def has_news(self) -> bool:
        return False

    def next_part(self) -> tuple[bytes, bool]:
        return b"{}", True

    def close(self) -> None: ...


def answering(seconds: float) -> Callable[[WSGIEnvironment, StartResponse], list[bytes]]:
    """An application that holds the answer to ``/held`` for some seconds."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [])
        path = environ["PATH_INFO"]
        if path == "/held":
            environ[ANSWER_KEY] = Silence(seconds)
        return [b"z" * _SIZES.get(path, 10)]

    return answer


def _get(path: bytes) -> bytes:
    return GET.replace(b"/", path, 1)


SENT: Final = {
    Phase.NEW: b"",
    Phase.IDLE: _get(b"/small"),
    Phase.HEAD: HALF_HEAD + b"z\r\n" + _LARGE_HEAD,
    Phase.BODY: HALF_BODY.replace(b"\r\n", b"\r\n" + _LARGE_HEAD, 1),
    Phase.SENDING: _get(b"/large"),
    Phase.CLOSING: HALF_BODY.replace(b"1000", b"1000000"),
    Phase.PIPELINED: _get(b"/medium") * _MANY,
    Phase.HELD: _get(b"/held") + (HALF_HEAD + b"z" * 8000 + b"\r\n\r\n") * 3,
}
"""What a client sends, without reading anything, until its connection waits in a phase."""


def client_in(phase: Phase, server: RunningServer, sent: bytes | None = None) -> socket.socket:
    """A new client whose connection waits in a phase."""
    client = socket.socket()
    # The kernel takes a small part of an answer for a client that does not read.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)
    client.connect(server.address)
    client.sendall(SENT[phase] if sent is None else sent)
    for _time in range(2):
        server.wait_until(client, phase)
        time.sleep(0.1)  # the kernel may take more of an answer at first
    return client
