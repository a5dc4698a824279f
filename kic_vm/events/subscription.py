# SPDX-License-Identifier: Apache-2.0
"""The subscription of a process to new events."""

import time
from typing import Any, Final

import redis

from kic_vm.cache.store import StoreUnavailable, failures_reported

_PING_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 15.0


class Subscription:
    """New events of all projects, in the order in which they were written.

    A connection can be lost without a notice, for example if a firewall drops its packets. So a
    silent server gets a ping, and must answer it.
    """

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub
        self._last_message = self._last_ping = time.monotonic()

    def next_message(self, seconds: float) -> bytes | None:
        """The next message, for ``EventStream.opened``; None if none comes in time.

        :raises StoreUnavailable: the connection was lost, and messages may have been lost with it
        """
        try:
            with failures_reported():
                message = self._pubsub.get_message(timeout=seconds)
                if message is None:
                    self._check()
                    return None
                is_event = message["type"] == "message"
                if is_event and not isinstance(message["data"], bytes):
                    raise redis.InvalidResponse
        except OSError as error:
            raise StoreUnavailable(type(error).__name__) from error
        self._last_message = time.monotonic()
        return message["data"] if is_event else None

    def _check(self) -> None:
        """Send a ping if there was none for some seconds.

        :raises redis.TimeoutError: Redis does not answer the pings
        """
        now = time.monotonic()
        if now - self._last_message >= _SILENT_SECONDS:
            raise redis.TimeoutError
        if now - self._last_ping >= _PING_SECONDS:
            self._last_ping = now
            self._pubsub.ping()

    def close(self) -> None:
        """Close the connection."""
        self._pubsub.close()
