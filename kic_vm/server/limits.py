# SPDX-License-Identifier: Apache-2.0
"""Limits for clients: time, memory and connections."""

import dataclasses
from typing import Final

REQUEST_LINE_MAXIMUM: Final = 8190
"""Total bytes of the method, the path with its query, and the version."""
HEADER_MAXIMUM: Final = 8190
"""Bytes of a header."""
HEADERS_MAXIMUM: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """The configurable limits, in seconds and bytes."""

    head_timeout: float
    """For the request line and headers; from the first byte, or for new clients the connection."""
    body_timeout: float
    """For a body or a response; each ``minimum_rate`` bytes add a second."""
    minimum_rate: int
    keep_alive: float
    """Between a response and the next request; 0 closes each connection after its response."""
    graceful_timeout: float
    """For requests in progress when the server stops."""
    body_maximum: int
    """Larger bodies are not received: the application refuses them because of their size."""
    connections_maximum: int
    """The maximum number of connections of one process."""
    buffered_maximum: int = 64 * 2**20
    """Total bytes, received or unsent, of all waiting connections of a process."""
