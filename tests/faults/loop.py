# SPDX-License-Identifier: Apache-2.0
"""An event loop in a thread, in which all proxies of a process run."""

import asyncio
import concurrent.futures
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

Result = TypeVar("Result")
_SECONDS: Final = 30
_LINGER_NONE: Final = struct.pack("ii", 1, 0)


class LoopThread:
    """Runs coroutines for threads that have no event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="proxies")
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """The result of a coroutine, which is waited for."""
        future: concurrent.futures.Future[Result] = asyncio.run_coroutine_threadsafe(
            coroutine, self._loop
        )
        return future.result(_SECONDS)

    def stop(self) -> None:
        """End the loop; what still runs in it is cancelled."""
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()


async def _cancel_others() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def reset_connection(writer: asyncio.StreamWriter) -> None:
    """End a connection with a TCP reset."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
    writer.transport.abort()
