# SPDX-License-Identifier: Apache-2.0
"""A gateway for the demo to talk to: real HTTP on this machine, with answers told beforehand."""

import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "devstack"))

from demo.place import Place
from demo.wire import Gateway


class Told:
    """What the server answers, and what it was asked.

    A route has a list of (status, body) pairs, given one after the other; the last one stays.
    """

    def __init__(self, url):
        self.url = url
        self.routes = {}
        self.asked = []

    def on(self, request, *answers):
        """Answer a request, such as "GET /healthcheck", with each pair in turn."""
        self.routes[request] = list(answers)

    def answer(self, request):
        answers = self.routes.get(request, [(404, {"error": {"code": "x", "message": request}})])
        return answers.pop(0) if len(answers) > 1 else answers[0]


class Handler(BaseHTTPRequestHandler):
    """Every method is the same: look it up, answer."""

    def _serve(self):
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

    def log_message(self, format, *args):  # noqa: A002
        pass


@pytest.fixture
def told():
    """The server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.told = Told(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.told
        server.shutdown()
        thread.join()


@pytest.fixture
def gateway(told):
    """The demo's client of that server."""
    return Gateway(told.url)


@pytest.fixture
def place(tmp_path):
    """A demo directory as devstack/standalone fills it."""
    (tmp_path / "app-credential.json").write_text('{"id": "cred", "secret": "hush"}')
    (tmp_path / "endpoints.json").write_text('{"gateway": "http://x", "subnet_id": "subnet"}')
    return Place(tmp_path, 8788)


@pytest.fixture
def unused_port():
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
