# SPDX-License-Identifier: Apache-2.0
"""The cache in Redis, with bounded memory as a fallback.

The cache never holds the only copy of a value. After a failure, the process does not use Redis for
a while and continues with its memory; callers notice only the difference in speed.
"""

import redis
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError, connect

LOG = logging.getLogger(__name__)


class RedisCache:
    """The cache that all processes share, with a memory cache as fallback."""

    def __init__(self, client: SealedRedis, fallback: MemoryCache, retry_after: float) -> None:
        self._client = client
        self._fallback = fallback
        self._outage = Outage(retry_after)

    def get(self, key: str) -> bytes | None:
        """See Cache."""
        return self.get_with_rest(key)[0]

    def get_with_rest(self, key: str) -> tuple[bytes | None, float]:
        """The value, and the minimum remaining time in seconds until it expires."""
        if self._outage.is_over():
            try:
                return self._client.get_with_rest(key)
            except UnreadableError:
                LOG.warning("Ignored a value in Redis that this gateway cannot have written")
                return None, 0.0
            except redis.RedisError as error:
                self._outage.begin(error)
        return self._fallback.get(key), 0.0

    def set(self, key: str, value: bytes, time: float) -> None:
        """See Cache."""
        if time <= 0:
            return
        if self._outage.is_over():
            try:
                self._client.set(key, value, time)
            except redis.RedisError as error:
                self._outage.begin(error)
            else:
                return
        self._fallback.set(key, value, time)

    def add(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        if self._outage.is_over():
            try:
                return self._client.add(key, value, time)
            except redis.RedisError as error:
                self._outage.begin(error)
        return self._fallback.add(key, value, time)

    def acquire(self, key: str, value: bytes, time: float) -> bool:
        """See Cache."""
        if self._outage.is_over():
            try:
                return self._client.add(key, value, time)
            except redis.RedisError as error:
                self._outage.begin(error)
        return False

    def ping(self) -> None:
        """Check that Redis answers.

        :raises redis.RedisError: Redis does not answer
        """
        self._client.ping()


def create_cache(conf: cfg.ConfigOpts) -> MemoryCache | RedisCache:
    """Create the cache that [redis] configures."""
    memory = MemoryCache(conf.redis.memory_entries)
    client = connect(conf)
    if client is None:
        return memory
    return RedisCache(client, memory, conf.redis.retry_after)
