# SPDX-License-Identifier: Apache-2.0
"""A bounded cache in the memory of the process."""

import threading
import time

import cachetools


class MemoryCache:
    """A bounded cache in this process; it evicts the least recently used entry."""

    def __init__(self, entries: int) -> None:
        self._lock = threading.Lock()
        self._values: cachetools.TLRUCache[str, tuple[bytes, float]] = cachetools.TLRUCache(
            maxsize=entries, ttu=lambda _key, value, now: now + value[1], timer=time.monotonic
        )

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        with self._lock:
            entry = self._values.get(key)
        return entry[0] if entry else None

    def set(self, key: str, value: bytes, time: float) -> None:
        """See Cache."""
        with self._lock:
            self._values[key] = (value, time)

    def add(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        with self._lock:
            return self._values.setdefault(key, entry := (value, time)) is entry

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        return self.add(key, value, time)
