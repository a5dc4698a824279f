"""A small key-value cache: Redis where there is one, else bounded memory.

Nothing here is the only copy. A Redis that fails is left alone for a while and the process goes
on with its memory; a caller never sees the difference but for speed.
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
    """Bytes under a text key, each for a limited time."""

    def get(self, key: str) -> bytes | None:
        """The value, None where there is none (any more)."""

    def set(self, key: str, value: bytes, time: float) -> None:
        """Keep ``value`` for ``time`` seconds; not at all where that is 0."""

    def add(self, key: str, value: bytes, time: float) -> bool:
        """Keep ``value`` for ``time`` seconds where there is none; whether it was kept.

        Of all that ask at the same moment one is told so, as long as they share what is kept:
        without Redis, or while it fails, only threads of one process do.
        """

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """As ``add``, but False while Redis fails, since other processes are not told then."""


class MemoryCache:
    """A bounded cache in this process; the entry used longest ago goes first."""

    def __init__(self, entries: int) -> None:
        self._lock = threading.Lock()
        self._values: cachetools.TLRUCache[str, tuple[bytes, float]] = cachetools.TLRUCache(
            maxsize=entries, ttu=lambda _key, value, now: now + value[1], timer=time.monotonic
        )

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        with self._lock:
            found = self._values.get(key)
        return found[0] if found else None

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
    """The cache that all processes share, with a memory to fall back on."""

    def __init__(self, client: SealedRedis, fallback: MemoryCache, retry_after: float) -> None:
        self._client = client
        self._fallback = fallback
        self._retry_after = retry_after
        self._silent_until = 0.0

    def _is_usable(self) -> bool:
        return time.monotonic() >= self._silent_until

    def _failed(self, error: redis.RedisError) -> None:
        self._silent_until = time.monotonic() + self._retry_after
        LOG.warning(
            "Redis failed (%s); using memory for %g s", type(error).__name__, self._retry_after
        )

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        return self.get_with_rest(key)[0]

    def get_with_rest(self, key: str) -> tuple[bytes | None, float]:
        """The value, and for how many seconds more it is kept at least."""
        if self._is_usable():
            try:
                return self._client.get_with_rest(key)
            except UnreadableError:
                LOG.warning("Redis has a value that this gateway cannot have written; not used")
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
        """Return when Redis answers.

        :raises redis.RedisError: it does not
        """
        self._client.ping()


class StoreUnavailable(Exception):
    """Redis does not answer now, or answers what nobody can have asked it to keep."""


class SharedStore:
    """What all processes must agree on: Redis, or nothing at all.

    Unlike a cache it never falls back on memory.
    """

    def __init__(self, client: SealedRedis) -> None:
        self._client = client

    def add(self, key: str, value: bytes, time: float) -> bool:
        """Keep ``value`` for ``time`` seconds where there is none yet; whether it was kept.

        :raises StoreUnavailable: as every method here
        """
        return bool(self._do(self._client.add, key, value, time))

    def get(self, key: str) -> bytes | None:
        """The value, None where there is none (any more)."""
        found: bytes | None = self._do(self._client.get, key)
        return found

    def set(self, key: str, value: bytes, time: float) -> None:
        """Keep ``value`` for ``time`` seconds in the place of another one."""
        self._do(self._client.set, key, value, time)

    def lease(self, key: str) -> Lease:
        """The lease of a piece of work, not acquired yet. No call to Redis."""
        return self._client.lease(key)

    def acquire(self, lease: Lease, time: float) -> bool:
        """Hold a lease for ``time`` seconds; False while somebody else holds it."""
        return bool(self._do(lease.acquire, time))

    def renew(self, lease: Lease, time: float) -> bool:
        """Hold a lease for ``time`` seconds from now; False if it is no longer held."""
        return bool(self._do(lease.renew, time))

    def release(self, lease: Lease) -> None:
        """Give a lease back, if it is still held."""
        self._do(lease.release)

    def remaining(self, lease: Lease) -> float:
        """Seconds until a lease ends, whoever holds it; 0 where nobody does."""
        return float(self._do(lease.remaining))

    def set_while_held(self, lease: Lease, key: str, value: bytes, time: float) -> bool:
        """Keep ``value`` for ``time`` seconds if the lease is held; whether it was."""
        return bool(self._do(self._client.set_while_held, lease, key, value, time))

    def delete_while_held(self, lease: Lease, key: str) -> bool:
        """Forget a value if the lease is held; whether it was."""
        return bool(self._do(self._client.delete_while_held, lease, key))

    def _do(self, command: Callable[..., Any], *args: Any) -> Any:
        try:
            return command(*args)
        except (redis.RedisError, UnreadableError) as error:
            raise StoreUnavailable(type(error).__name__) from error


def create(conf: cfg.ConfigOpts) -> MemoryCache | RedisCache:
    """The cache that [redis] describes."""
    memory = MemoryCache(conf.redis.memory_entries)
    client = _connect(conf)
    if client is None:
        return memory
    return RedisCache(client, memory, conf.redis.retry_after)


def create_store(conf: cfg.ConfigOpts) -> SharedStore | None:
    """The store that [redis] describes; None where there is no Redis."""
    client = _connect(conf)
    return None if client is None else SharedStore(client)


def _connect(conf: cfg.ConfigOpts) -> SealedRedis | None:
    client = redis_client.connect(conf)
    if client is None:
        return None
    return SealedRedis(client, conf.redis.key_prefix, *shared_secrets(conf, "redis"))
