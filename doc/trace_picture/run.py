# SPDX-License-Identifier: Apache-2.0
"""A gateway that exports its traces to this process, and one request to it."""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from doc.real_runs import Demo, RunFailure
from doc.trace_picture.spans import Span, trace_of
from tests.functional.client import Client, Gateway

_SECONDS: Final = 30


class Receiver:
    """A collector at a port of this machine: keeps what it receives by OTLP over HTTP."""

    def __init__(self) -> None:
        bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Log nothing."""

        self.bodies = bodies
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}/v1/traces"

    @contextlib.contextmanager
    def receiving(self) -> Iterator[None]:
        """Receive during the block."""
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


def trace_of_create(demo: Path, directory: Path) -> list[Span]:
    """The trace of the creation of an instance, which is deleted afterwards.

    It is the first request of a gateway process, so the gateway also logs in. The token and the
    body come from the gateway of the demo.

    :param demo: the directory of the credentials of the standalone OpenStack
    :param directory: for the files of the gateway
    :raises RunFailure: the instance is not created, or no trace arrives
    """
    cloud = Demo(demo)
    receiver = Receiver()
    options = {
        "tracing": {"enabled": "true", "endpoint": receiver.endpoint},
        "redis": {"key_prefix": f"picture-{secrets.token_hex(4)}:"},
    }
    with receiver.receiving():
        gateway = Gateway(cloud.configuration, directory, options)
        try:
            gateway.wait_until_alive()
            client_span = _create(cloud, gateway.url)
            return _received(receiver, client_span)
        finally:
            gateway.stop()


def _create(cloud: Demo, url: str) -> bytes:
    """Create an instance with a gateway, and delete it; the id of the client's span."""
    client_span = secrets.token_bytes(8)
    other = cloud.client(cloud.gateway)
    name = f"picture-{secrets.token_hex(4)}"
    body = other.instance_body(cloud.subnet_id) | {"name": name}
    try:
        response = Client(url, other.token).request(
            "POST",
            "/api/v1/instances",
            json={"instance": body},
            headers={"traceparent": f"00-{secrets.token_hex(16)}-{client_span.hex()}-01"},
        )
    finally:
        cloud.remove_instances(name)
    if response.status_code != 202:
        raise RunFailure(f"{response.status_code} {response.text}")
    return client_span


def _received(receiver: Receiver, client_span: bytes) -> list[Span]:
    """The trace, as soon as its first span arrives, which ends last."""
    end = time.monotonic() + _SECONDS
    while not (spans := trace_of(receiver.bodies, client_span)):
        if time.monotonic() > end:
            raise RunFailure(f"no trace within {_SECONDS} s")
        time.sleep(0.1)
    return spans
