# SPDX-License-Identifier: Apache-2.0
"""An answer on its way to the client."""

import socket


class UnsentAnswer:
    """What the client has not taken of an answer, in at most twice the memory."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data
        self._sent = 0

    @property
    def size(self) -> int:
        """The number of bytes in memory, 0 if everything is sent."""
        return len(self._data)

    def send(self, sock: socket.socket) -> int:
        """Send as much as the client accepts now, and return the number of bytes.

        :raises BlockingIOError: the client accepts nothing now
        :raises OSError: the client has disconnected
        """
        # A slice of the view, and not of the bytes: a slow client takes a large answer in
        # hundreds of pieces.
        count = sock.send(memoryview(self._data)[self._sent :])
        self._sent += count
        # Cut at half, the copies of all cuts together are no larger than the answer.
        if 2 * self._sent >= len(self._data):
            self._data = self._data[self._sent :]
            self._sent = 0
        return count
