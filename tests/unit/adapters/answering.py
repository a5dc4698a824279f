# SPDX-License-Identifier: Apache-2.0
"""A server that is really there, for what reads from it."""

import collections
import functools
import gzip
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WAIT = 10


class Server(http.server.ThreadingHTTPServer):
    """Answers as its paths say, and remembers what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.barrier = threading.Barrier(4)
        self.released: dict[str, threading.Event] = collections.defaultdict(threading.Event)
        self.asked: list[http.server.BaseHTTPRequestHandler] = []
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def release(self, name: str) -> None:
        """Answer ``/wait/<name>``."""
        self.released[name].set()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self)
        kind, _slash, what = self.path.strip("/").partition("/")
        if kind == "together":
            self.server.barrier.wait(WAIT)
        if kind == "wait":
            assert self.server.released[what].wait(WAIT)
        if kind == "never":
            self.server.released["all"].wait(WAIT)
            return
        if kind == "broken":
            self.close_connection = True
            return
        if kind in {"large", "compressed"}:
            self._send_zeros(int(what), is_compressed=kind == "compressed")
            return
        self._begin(kind, what)
        if kind == "closing":
            self.send_header("Connection", "close")
        if kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
            return
        self._send_one(kind, what)

    def do_POST(self) -> None:
        self.do_GET()

    def _send_one(self, kind: str, what: str) -> None:
        self.send_header("Content-Length", "3")
        self.end_headers()
        if kind == "slowly":
            for part in (b"o", b"n"):
                self.wfile.write(part)
                self.server.released["all"].wait(float(what))
            self.wfile.write(b"e")
        elif kind == "half":
            self.wfile.write(b"on")
            self.server.released["all"].wait(WAIT)
        else:
            self.wfile.write(b"one")

    def _begin(self, kind: str, what: str) -> None:
        self.send_response(int(what) if kind == "status" else 200)
        if what == "429":
            self.send_header("Retry-After", "17")
        self.send_header("Set-Cookie", "caller=one")

    def _send_zeros(self, size: int, *, is_compressed: bool) -> None:
        body = _zeros(size, is_compressed=is_compressed)
        self.send_response(200)
        if is_compressed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Not in the tests' output."""


@functools.cache
def _zeros(size: int, *, is_compressed: bool) -> bytes:
    return gzip.compress(bytes(size)) if is_compressed else bytes(size)


@contextmanager
def answering(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """The server, in threads of its own."""
    made = Server()
    if tls is not None:
        made.socket = tls.wrap_socket(made.socket, server_side=True)
        made.scheme = "https"
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.barrier.abort()
        for event in [made.released["all"], *made.released.values()]:
            event.set()
        made.shutdown()
        made.server_close()
