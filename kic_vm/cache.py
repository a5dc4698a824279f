"""A small key-value cache in Redis, or in bounded memory without Redis.

The cache never holds the only copy of a value. After a failure, the process does not use Redis for
a while and continues with its memory; callers notice only the difference in speed.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import cachetools
import redis
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm import redis_client
from kic_vm.conf.shared_secrets import shared_secrets
from kic_vm.leases import Lease
from kic_vm.sealed_redis import SealedRedis, UnreadableError

LOG = logging.getLogger(__name__)


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


class RedisCache:
    """The cache that all processes share, with a memory cache as fallback."""

    def __init__(self, client: SealedRedis, fallback: MemoryCache, retry_after: float) -> None:
        self._client = client
        self._fallback = fallback
        self._retry_after = retry_after
        self._unused_until = 0.0

    def _is_usable(self) -> bool:
        return time.monotonic() >= self._unused_until

    def _failed(self, error: redis.RedisError) -> None:
        self._unused_until = time.monotonic() + self._retry_after
        LOG.warning(
            "Redis failed (%s); using memory for %g s", type(error).__name__, self._retry_after
        )

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        return self.get_with_rest(key)[0]

    def get_with_rest(self, key: str) -> tuple[bytes | None, float]:
        """The value, and the minimum remaining time in seconds until it expires."""
        if self._is_usable():
            try:
                return self._client.get_with_rest(key)
            except UnreadableError:
                LOG.warning("Ignored a value in Redis that this gateway cannot have written")
                return None, 0.0
            except redis.RedisError as error:
                self._failed(error)
        return self._fallback.get(key), 0.0

    def set(self, key: str, value: bytes, time: float) -> None:
        """See Cache."""
        if time <= 0:
            return
        if self._is_usable():
            try:
                self._client.set(key, value, time)
            except redis.RedisError as error:
                self._failed(error)
            else:
                return
        self._fallback.set(key, value, time)

    def add(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        if self._is_usable():
            try:
                return self._client.add(key, value, time)
            except redis.RedisError as error:
                self._failed(error)
        return self._fallback.add(key, value, time)

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        if self._is_usable():
            try:
                return self._client.add(key, value, time)
            except redis.RedisError as error:
                self._failed(error)
        return False

    def ping(self) -> None:
        """Check that Redis answers.

        :raises redis.RedisError: Redis does not answer
        """
        self._client.ping()


class StoreUnavailable(Exception):
    """Redis does not answer, or returns a value that this gateway cannot have written."""


class SharedStore:
    """The store for values on which all processes must agree.

    Unlike a cache, it never falls back to memory.
    """

    def __init__(self, client: SealedRedis) -> None:
        self._client = client

    def add(self, key: str, value: bytes, time: float) -> bool:
        """Store ``value`` for ``time`` seconds if there is none; whether it was stored.

        :raises StoreUnavailable: as for every method here
        """
        return bool(self._do(self._client.add, key, value, time))

    def get(self, key: str) -> bytes | None:
        """The value; None if there is none or it has expired."""
        value: bytes | None = self._do(self._client.get, key)
        return value

    def set(self, key: str, value: bytes, time: float) -> None:
        """Store ``value`` for ``time`` seconds, replacing any other value."""
        self._do(self._client.set, key, value, time)

    def lease(self, key: str) -> Lease:
        """A lease that is not acquired yet. No call to Redis."""
        return self._client.lease(key)

    def acquire(self, lease: Lease, time: float) -> bool:
        """Acquire a lease for ``time`` seconds; False while another holder has it."""
        return bool(self._do(lease.acquire, time))

    def renew(self, lease: Lease, time: float) -> bool:
        """Renew a lease for ``time`` seconds from now; False if it is no longer held."""
        return bool(self._do(lease.renew, time))

    def release(self, lease: Lease) -> None:
        """Release a lease, if it is still held."""
        self._do(lease.release)

    def remaining(self, lease: Lease) -> float:
        """Seconds until a lease expires, whoever holds it; 0 if nobody holds it."""
        return float(self._do(lease.remaining))

    def set_while_held(self, lease: Lease, key: str, value: bytes, time: float) -> bool:
        """Store ``value`` for ``time`` seconds if the lease is held; whether it was held."""
        return bool(self._do(self._client.set_while_held, lease, key, value, time))

    def delete_while_held(self, lease: Lease, key: str) -> bool:
        """Delete a value if the lease is held; whether it was held."""
        return bool(self._do(self._client.delete_while_held, lease, key))

    def _do(self, command: Callable[..., Any], *args: Any) -> Any:
        try:
            return command(*args)
        except (redis.RedisError, UnreadableError) as error:
            raise StoreUnavailable(type(error).__name__) from error


def create(conf: cfg.ConfigOpts) -> MemoryCache | RedisCache:
    """Create the cache that [redis] configures."""
    memory = MemoryCache(conf.redis.memory_entries)
    client = _connect(conf)
    if client is None:
        return memory
    return RedisCache(client, memory, conf.redis.retry_after)


def create_store(conf: cfg.ConfigOpts) -> SharedStore | None:
    """Create the store that [redis] configures; None without Redis."""
    client = _connect(conf)
    return None if client is None else SharedStore(client)


def _connect(conf: cfg.ConfigOpts) -> SealedRedis | None:
    client = redis_client.connect(conf)
    if client is None:
        return None
    return SealedRedis(client, conf.redis.key_prefix, *shared_secrets(conf, "redis"))
