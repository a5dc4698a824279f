# SPDX-License-Identifier: Apache-2.0
"""A TCP port that can refuse connections for a while and accept them again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tests.faults import messages
from tests.faults.loop import reset_connection

_HOST: Final = "127.0.0.1"
_CONNECTIONS: Final = 2_000  # at a time; more wait

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Serves connections at a port of 127.0.0.1 that stays the same.

    :param serve: called with each connection
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self.port = 0

    @property
    def netloc(self) -> str:
        """Host and port."""
        return f"{_HOST}:{self.port}"

    async def open(self) -> None:
        """Accept connections, at the port that it had before."""
        self._server = await asyncio.start_server(
            self._connected, _HOST, self.port, limit=messages.LIMIT
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and reset those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset_all()

    def reset_all(self) -> None:
        """Reset the connections that are open."""
        for writer in list(self._writers):
            reset_connection(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            async with self._room:
                await self._serve(reader, writer)
        except (OSError, messages.MalformedMessage):
            pass  # the other side has gone; that is what faults are about
        finally:
            self._writers.discard(writer)
            writer.close()
