# SPDX-License-Identifier: Apache-2.0
"""A service and a Redis for the proxies, which note what reaches them."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.loop import LoopThread
from tests.faults.proxy import Proxy


class Service(http.server.ThreadingHTTPServer):
    """Counts requests, and answers each with its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.requests.append((self.command, self.path))
        content: dict[str, Any] = {
            "number": len(self.server.requests),
            "sent": sent,
            "link": f"{self.server.address}/v3",
        }
        body = json.dumps(content).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"{self.server.address}/there")
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Store(socketserver.ThreadingTCPServer):
    """Answers +OK to each line, as a Redis answers most commands."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _StoreHandler)
        self.lines: list[bytes] = []


class _StoreHandler(socketserver.StreamRequestHandler):
    server: Store

    def handle(self) -> None:
        while line := self.rfile.readline():
            self.server.lines.append(line.strip())
            if not line.startswith((b"*", b"$")):
                self.wfile.write(b"+OK\r\n")


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """The thread in which the proxies run."""
    loop = LoopThread()
    yield loop
    loop.stop()


def _served(server: socketserver.BaseServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def service() -> Iterator[Service]:
    """What stands behind the proxy."""
    yield from _served(Service())


@pytest.fixture
def store() -> Iterator[Store]:
    """What stands behind the TCP proxy."""
    yield from _served(Store())


@pytest.fixture
def proxy(loop: LoopThread, service: Service) -> Iterator[Proxy]:
    """A proxy to the service, as the service compute."""
    proxy = Proxy(loop, {"compute": service.address})
    yield proxy
    proxy.close()
