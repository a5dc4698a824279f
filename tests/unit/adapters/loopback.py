# SPDX-License-Identifier: Apache-2.0
"""The faked services at a socket: what requests-mock would answer goes over a real connection.

The server is a proxy: a client with ``http_proxy`` set sends it requests for any address.
"""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any, Final

import requests
import requests_mock

from tests.unit.cloud import Cloud

_OF_CONNECTION: Final = {"connection", "content-length", "transfer-encoding"}


class Loopback(http.server.ThreadingHTTPServer):
    """Answers as a Cloud that ``serve`` is given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._adapter = requests_mock.Adapter()
        self.missing: list[str] = []
        """The requests for which there was no answer."""
        self.count = 0
        """The number of requests to the present cloud."""

    @property
    def url(self) -> str:
        """The address of the proxy."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def serve(self) -> Cloud:
        """A new cloud; from now on, its answers are sent."""
        self._adapter = requests_mock.Adapter()
        self.missing = []
        self.count = 0
        return Cloud(requests_mock.Mocker(adapter=self._adapter))

    def answer(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer of the cloud; 404 if it has none."""
        self.count += 1
        try:
            return self._adapter.send(request)
        except requests_mock.NoMockAddress:
            self.missing.append(f"{request.method} {request.url}")
            missing = requests.Response()
            missing.status_code = 404
            missing._content = b"{}"
            return missing


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet
    server: Loopback

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = requests.Request(self.command, self.path, dict(self.headers), data=body)
        answer = self.server.answer(request.prepare())
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_CONNECTION:
                self.send_header(name, value)
        if answer.status_code != 204:
            self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_args: Any) -> None:
        """Not in the output of the tests."""


@contextlib.contextmanager
def serving() -> Iterator[Loopback]:
    """The server, in threads of its own."""
    server = Loopback()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
