# SPDX-License-Identifier: Apache-2.0
"""A gateway for the demo to talk to: real HTTP on this machine, with answers told beforehand."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "devstack"))

from demo.place import Place
from demo.wire import Gateway

Answer = tuple[int, Any]


class Told:
    """What the server answers, and what it was asked.

    A route has a list of (status, body) pairs, given one after the other; the last one stays.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.routes: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, Any, str | None]] = []

    def on(self, request: str, *answers: Answer) -> None:
        """Answer a request, such as "GET /healthcheck", with each pair in turn."""
        self.routes[request] = list(answers)

    def answer(self, request: str) -> Answer:
        answers = self.routes.get(request, [(404, {"error": {"code": "x", "message": request}})])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Server(ThreadingHTTPServer):
    """A server on a free port, with what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.told = Told(f"http://127.0.0.1:{self.server_port}")


class Handler(BaseHTTPRequestHandler):
    """Every method is the same: look it up, answer."""

    server: Server

    def _serve(self) -> None:
        told = self.server.told
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        request = f"{self.command} {self.path.partition('?')[0]}"
        token = self.headers.get("X-Auth-Token")
        told.asked.append((request, json.loads(content) if content else None, token))
        status, body = told.answer(request)
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Subject-Token", "the-token")
        self.send_header("X-Openstack-Request-Id", "req-of-the-header")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that the server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def told() -> Iterator[Told]:
    """The server."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.told
        server.shutdown()
        thread.join()


@pytest.fixture
def gateway(told: Told) -> Gateway:
    """The demo's client of that server."""
    return Gateway(told.url)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A demo directory as devstack/standalone fills it."""
    (tmp_path / "app-credential.json").write_text('{"id": "cred", "secret": "hush"}')
    (tmp_path / "endpoints.json").write_text('{"gateway": "http://x", "subnet_id": "subnet"}')
    return Place(tmp_path, 8788)


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
