# SPDX-License-Identifier: Apache-2.0
"""Clients that open connections and then hardly send anything."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Final

HALF_HEAD: Final = b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nX-Unfinished: "
HALF_BODY: Final = (
    b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)


@contextlib.contextmanager
def unfinished_requests(port: int, begun: bytes, count: int) -> Iterator[list[socket.socket]]:
    """``count`` connections, each with the beginning of a request; closed in the end."""
    with contextlib.ExitStack() as stack:
        connections = []
        for _number in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            stack.enter_context(connection)
            connection.sendall(begun)
            connections.append(connection)
        yield connections
