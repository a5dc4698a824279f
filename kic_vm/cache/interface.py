# SPDX-License-Identifier: Apache-2.0
"""The interface of all caches."""

from typing import Protocol


class Cache(Protocol):
    """Bytes by text keys, each for a limited time."""

    def get(self, key: str) -> bytes | None:
        """The value; None if there is none or it has expired."""

    def set(self, key: str, value: bytes, time: float) -> None:
        """Store ``value`` for ``time`` seconds; 0 does not store it."""

    def add(self, key: str, value: bytes, time: float) -> bool:
        """Store ``value`` for ``time`` seconds if there is none; whether it was stored.

        Of several concurrent callers only one gets True, if they share the cache: without Redis, or
        while it fails, only threads of one process do.
        """

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """Like ``add``, but False while Redis fails, because other processes would not see it."""
