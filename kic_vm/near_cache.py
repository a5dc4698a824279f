"""Redis with a memory of the process in front of it, for what nobody changes before its end."""

from typing import Final

from kic_vm.cache import Cache, MemoryCache, RedisCache

# Token data with its catalog is the largest of it: some kilobytes each.
_ENTRIES: Final = 512


class NearCache:
    """A cache whose values are fetched once in a process and end there when they end in Redis.

    Until then the process does not learn that another one has set it anew.
    """

    def __init__(self, far: RedisCache) -> None:
        self._far = far
        self._near = MemoryCache(_ENTRIES)

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        value = self._near.get(key)
        if value is None:
            value, rest = self._far.get_with_rest(key)
            if value is not None and rest > 0:
                self._near.set(key, value, rest)
        return value

    def set(self, key: str, value: bytes, time: float) -> None:
        """See Cache."""
        self._far.set(key, value, time)
        if time > 0:
            self._near.set(key, value, time)

    def add(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        return self._far.add(key, value, time)

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        return self._far.acquire(key, value, time)


def near(cache: Cache) -> Cache:
    """The cache with a memory in front of it, where it is not one itself."""
    return NearCache(cache) if isinstance(cache, RedisCache) else cache
