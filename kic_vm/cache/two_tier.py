# SPDX-License-Identifier: Apache-2.0
"""A memory cache in front of Redis, for values that do not change before they expire."""

from typing import Final

from kic_vm.cache.interface import Cache
from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.redis import RedisCache

# The largest values are validated tokens with their catalog: some kilobytes each.
_ENTRIES: Final = 512


class LocalCache:
    """A cache that fetches each value once per process and keeps it until it expires in Redis.

    Until then, the process does not notice that another process has set a new value.
    """

    def __init__(self, shared: RedisCache) -> None:
        self._shared = shared
        self._local = MemoryCache(_ENTRIES)

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        value = self._local.get(key)
        if value is None:
            value, rest = self._shared.get_with_rest(key)
            if value is not None and rest > 0:
                self._local.set(key, value, rest)
        return value

    def set(self, key: str, value: bytes, time: float) -> None:
        """See Cache."""
        self._shared.set(key, value, time)
        if time > 0:
            self._local.set(key, value, time)

    def add(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        return self._shared.add(key, value, time)

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        return self._shared.acquire(key, value, time)


def with_local_cache(cache: Cache) -> Cache:
    """The cache with a memory cache in front of it, unless it is a memory cache itself."""
    return LocalCache(cache) if isinstance(cache, RedisCache) else cache
