"""Redis with a memory of the process in front of it, for what nobody changes before its end."""

from typing import Final

from kic_vm.cache import Cache, MemoryCache, RedisCache

# Token data with its catalog is the largest of it: some kilobytes each.
_ENTRIES: Final = 512


class LocalCache:
    """A cache whose values are fetched once in a process and end there when they end in Redis.

    Until then the process does not learn that another one has set it anew.
    """

    def __init__(self, far: RedisCache) -> None:
        self._shared = far
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
    """The cache with a memory in front of it, where it is not one itself."""
    return LocalCache(cache) if isinstance(cache, RedisCache) else cache
