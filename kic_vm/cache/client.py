# SPDX-License-Identifier: Apache-2.0
"""The client of the Redis in [redis]: one server, or the master that Sentinels know."""

from typing import Any

import redis
from oslo_config import cfg
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from kic_vm.conf.redis_url import parse_sentinel_url


def connect(conf: cfg.ConfigOpts) -> "redis.Redis[bytes] | None":
    """A client, which connects at its first use; None without Redis."""
    if not conf.redis.url:
        return None
    limits: dict[str, Any] = {
        "socket_timeout": conf.redis.timeout,
        "socket_connect_timeout": conf.redis.timeout,
        # By default redis-py waits and retries; here the memory cache takes over at once.
        "retry": Retry(NoBackoff(), 0),
    }
    url = parse_sentinel_url(conf.redis.url)
    if url is None:
        return redis.Redis.from_url(conf.redis.url, **limits)
    tls = {"ssl": True} if url.is_tls else {}
    sentinel = Sentinel(list(url.sentinels), sentinel_kwargs=limits | tls)
    # Each new connection asks the Sentinels for the current master.
    client: redis.Redis[bytes] = sentinel.master_for(
        url.service,
        db=url.db,
        username=url.username,
        password=url.password,
        **limits,
        **tls,
    )
    return client
