# SPDX-License-Identifier: Apache-2.0
"""The replay server: it counts its requests, and reports those that it cannot answer."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from bench.replay import STATISTICS, Connection
from bench.services import Services

JSON = dict[str, Any]


class Transport(asyncio.Transport):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent = bytes(data)


@pytest.fixture
def transport() -> Transport:
    return Transport()


@pytest.fixture
def connection(transport: Transport) -> Connection:
    """A connection without latency to a project with two machines."""
    opened = Connection(Services(2, "http://127.0.0.1:1"), 0, Counter())
    opened.connection_made(transport)
    return opened


def body(connection: Connection, transport: Transport, request: str) -> JSON:
    connection.data_received(f"{request} HTTP/1.1\r\n\r\n".encode())
    shown: JSON = json.loads(transport.sent.partition(b"\r\n\r\n")[2])
    return shown


def test_requests(connection: Connection, transport: Transport) -> None:
    """Each request counts for its service; a request for the statistics does not count."""
    for request in (
        "POST /identity/v3/auth/tokens",
        "GET /compute/v2.1/servers/detail?limit=1",
        "GET /compute/v2.1/servers/detail?limit=1",
        f"GET {STATISTICS}",
    ):
        body(connection, transport, request)
    statistics = body(connection, transport, f"GET {STATISTICS}")
    assert statistics == {"requests": {"identity": 1, "compute": 2}, "unknown_paths": []}


def test_unknown_paths(connection: Connection, transport: Transport) -> None:
    """A path that was not recorded, or a method other than GET, is reported."""
    body(connection, transport, "GET /compute/v2.1/os-keypairs?limit=1")
    assert transport.sent.startswith(b"HTTP/1.1 404 ")
    body(connection, transport, "DELETE /compute/v2.1/servers/1")
    statistics = body(connection, transport, f"GET {STATISTICS}")
    assert statistics["unknown_paths"] == [
        "/compute/v2.1/os-keypairs",
        "DELETE /compute/v2.1/servers/1",
    ]
