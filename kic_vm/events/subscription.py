# SPDX-License-Identifier: Apache-2.0
"""The subscription of a process to new events."""

from typing import Any

import redis

from kic_vm.cache.store import StoreUnavailable


class Subscription:
    """New events of all projects, in the order in which they were written."""

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    def next_message(self, seconds: float) -> bytes | None:
        """The next message, for ``EventStream.opened``; None if none comes in time.

        :raises StoreUnavailable: the connection was lost, and messages may have been lost with it
        """
        try:
            message = self._pubsub.get_message(timeout=seconds)
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(type(error).__name__) from error
        return message["data"] if message and message["type"] == "message" else None

    def close(self) -> None:
        """Close the connection."""
        self._pubsub.close()
