# SPDX-License-Identifier: Apache-2.0
"""Counts requests against rate limits, in Redis or in the memory of the process.

Without Redis, and while it fails, each process counts its own requests, and a limit applies to each
process separately. A request never fails because it cannot be counted.
"""

import dataclasses
import hashlib
import math
import time
from collections.abc import Sequence
from typing import Final

import limits
import redis
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache.client import answers_checked, connect

LOG = logging.getLogger(__name__)

_DIGEST_BYTES: Final = 16


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """A rate limit of [limits]."""

    name: str
    """The option's name, such as ``reads_per_user``."""
    item: limits.RateLimitItem


@dataclasses.dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one limit by one client after a request."""

    policy: Policy
    is_allowed: bool
    remaining: int
    seconds: int
    """The time until the limit allows the full number of requests again."""


def policies_of(conf: cfg.ConfigOpts, name: str) -> list[Policy]:
    """The limits of an option of [limits]; none if it is empty."""
    text: str = conf.limits[name]
    return [Policy(name, item) for item in limits.parse_many(text)] if text else []


class RateLimiter:
    """The counts of all clients, shared by all processes that have the same Redis."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        connected = connect(conf)
        self._shared = None
        if connected is not None:
            storage = _SharedStorage(connected, f"{conf.redis.key_prefix}limits")
            self._shared = SlidingWindowCounterRateLimiter(storage)
        self._retry_after = conf.redis.retry_after
        self._unused_until = 0.0

    def count(self, policies: Sequence[Policy], client: str) -> list[Usage]:
        """Count a request of a client, and return the usage of each limit.

        :param client: its address, user or project; Redis gets only a digest of it
        """
        digest = hashlib.blake2b(client.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        if self._shared is not None and time.monotonic() >= self._unused_until:
            try:
                with answers_checked():
                    return [_usage(self._shared, policy, digest) for policy in policies]
            except redis.RedisError as error:
                self._unused_until = time.monotonic() + self._retry_after
                LOG.warning(
                    "Redis failed (%s); each process counts requests by itself for %g s",
                    type(error).__name__,
                    self._retry_after,
                )
        return [_usage(self._local, policy, digest) for policy in policies]


class _SharedStorage(RedisStorage):
    """The counts in the Redis of [redis], by the gateway's own client."""

    def __init__(self, client: "redis.Redis[bytes]", prefix: str) -> None:
        self._client = client
        super().__init__("redis://", connection_pool=client.connection_pool, key_prefix=prefix)

    def get_connection(self, readonly: bool = False) -> "redis.Redis[bytes]":
        """The client, which also knows Redis Sentinel."""
        return self._client


def _usage(strategy: SlidingWindowCounterRateLimiter, policy: Policy, client: str) -> Usage:
    is_allowed = strategy.hit(policy.item, policy.name, client)
    window = strategy.get_window_stats(policy.item, policy.name, client)
    seconds = max(1, math.ceil(window.reset_time - time.time()))
    return Usage(policy, is_allowed, window.remaining, seconds)
