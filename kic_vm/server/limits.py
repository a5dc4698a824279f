"""What the server gives a client: time, space and connections."""

import dataclasses
from typing import Final

REQUEST_LINE_MAXIMUM: Final = 8190
"""Bytes of the method, the path with its query, and the version together."""
HEADER_MAXIMUM: Final = 8190
"""Bytes of a header."""
HEADERS_MAXIMUM: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """The limits that are options, in seconds and bytes."""

    head_timeout: float
    """For the request line and the headers, from the first byte or, at first, the connection."""
    body_timeout: float
    """For a body or an answer; each ``minimum_rate`` bytes add a second."""
    minimum_rate: int
    keep_alive: float
    """Between an answer and the next request; 0 closes each connection after its answer."""
    graceful_timeout: float
    """For what has begun when the server stops."""
    body_maximum: int
    """Larger bodies are not received: the application refuses them by their size."""
    connections_maximum: int
    """Of one process."""
    buffered_maximum: int = 64 * 2**20
    """For all waiting connections of a process together, received and to be sent."""
