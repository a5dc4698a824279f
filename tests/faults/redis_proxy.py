# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy to a Redis, with faults."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from tests.faults.listener import Listener
from tests.faults.loop import LoopThread, reset_connection

REFUSE: Final = "refuse"
HANG: Final = "hang"
SLOW: Final = "slow"
GARBAGE: Final = "garbage"
RESET: Final = "reset"
FLUSH: Final = "flush"
DRIP: Final = "drip"
KINDS: Final = (REFUSE, HANG, SLOW, GARBAGE, RESET, FLUSH, DRIP)

_SLOW_SECONDS: Final = 1.0
_HANG_SECONDS: Final = 600
_DRIP_SECONDS: Final = 0.2
_FLUSH: Final = b"*1\r\n$8\r\nFLUSHALL\r\n"


class RedisProxy:
    """A Redis with faults; what it is asked and what it answers passes unseen.

    :param port: the Redis's own, on 127.0.0.1
    """

    def __init__(self, loop: LoopThread, port: int) -> None:
        self._loop = loop
        self._port = port
        self._kind: str | None = None
        self._listener = Listener(self._serve)
        loop.run(self._listener.open())

    @property
    def url(self) -> str:
        """The URL for a gateway."""
        return f"redis://{self._listener.netloc}/0"

    @contextlib.contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        """Have a fault during the block, on connections that are open too."""
        self._kind = kind
        if kind == REFUSE:
            self._loop.run(self._listener.close())
        try:
            yield
        finally:
            self._kind = None
            if kind == REFUSE:
                self._loop.run(self._listener.open())
            else:
                self._loop.run(self._reset_all())  # none that hangs stays

    async def _reset_all(self) -> None:
        self._listener.reset_all()

    def close(self) -> None:
        """Accept no more connections."""
        self._loop.run(self._listener.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        redis_reader, redis_writer = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(self._pass_answers(redis_reader, writer))
        try:
            while data := await reader.read(2**16):
                if await self._is_passed(writer):
                    redis_writer.write(data)
                    await redis_writer.drain()
        finally:
            back.cancel()
            redis_writer.close()

    async def _is_passed(self, writer: asyncio.StreamWriter) -> bool:
        """Do the fault; whether the command reaches the Redis."""
        match self._kind:
            case "hang":
                await asyncio.sleep(_HANG_SECONDS)
            case "slow":
                await asyncio.sleep(_SLOW_SECONDS)
            case "garbage":
                writer.write(b"\x00\xff<html>\r\n")
                return False
            case "reset":
                reset_connection(writer)
                return False
            case "flush":
                await self._flush()
        return True

    async def _pass_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(2**16):
                for part in _bytes_of(data) if self._kind == DRIP else [data]:
                    writer.write(part)
                    await writer.drain()
                    if self._kind == DRIP:
                        await asyncio.sleep(_DRIP_SECONDS)
        writer.close()

    async def _flush(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(_FLUSH)
        await reader.readline()
        writer.close()


def _bytes_of(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]
