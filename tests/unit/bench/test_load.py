# SPDX-License-Identifier: Apache-2.0
"""Many clients at once: what each of them asks for, and which answers are errors."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import load


class Server(ThreadingHTTPServer):
    """Answers 200 to each path except /failing, and remembers the requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers["X-Auth-Token"]))
        self.send_response(500 if self.path == "/failing" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_clients(server: Server) -> None:
    """Clients take the tokens in turn, and the clients of each token take the paths in turn."""
    run = load.run(server.url, ["/a", "/b"], ["one", "two"], 4, 60, 1)
    expected = [(path, token) for path in ("/a", "/b") for token in ("one", "two")]
    assert sorted(server.requests) == expected
    assert (run["requests"], run["errors"]) == (4, 0)


def test_errors(server: Server) -> None:
    """Answers with an error do not count as requests."""
    run = load.run(server.url, ["/a", "/failing"], "one", 2, 60, 3)
    assert (run["requests"], run["errors"]) == (3, 3)
