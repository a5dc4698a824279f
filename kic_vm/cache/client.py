# SPDX-License-Identifier: Apache-2.0
"""The client of the Redis in [redis]: one server, or the master that Sentinels know."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import redis
from oslo_config import cfg
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from kic_vm.cache.response_limit import ResponseLimit
from kic_vm.conf.redis_url import parse_sentinel_url
from kic_vm.tracing.request_trace import waiting

if TYPE_CHECKING:
    _Redis = redis.Redis[bytes]
else:
    _Redis = redis.Redis  # it has no type parameter

# Each part of a response must arrive within the timeout, and the complete response within this
# many times the timeout.
_TIMEOUTS_PER_RESPONSE: Final = 2
_MISREADING: Final = (
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)


class TracedRedis(_Redis):
    """A client whose commands are waits in the trace of a request, without their arguments."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """See redis.Redis."""
        with waiting(f"redis {args[0]}"), answers_checked():
            return super().execute_command(*args, **options)


@contextlib.contextmanager
def answers_checked() -> Iterator[None]:
    """Report an answer that cannot be understood as redis-py reports all other failures.

    Commands through the client need no further check; code that reads their results does.

    :raises redis.InvalidResponse: within the block, an answer had another type or form
    """
    try:
        yield
    except _MISREADING as error:
        raise redis.InvalidResponse("The answer is not the one of this command.") from error


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
    response_limit = ResponseLimit(_TIMEOUTS_PER_RESPONSE * conf.redis.timeout)
    url = parse_sentinel_url(conf.redis.url)
    if url is None:
        single: redis.Redis[bytes] = TracedRedis.from_url(conf.redis.url, **limits)
        response_limit.apply(single.connection_pool)
        return single
    tls = {"ssl": True} if url.is_tls else {}
    sentinel = Sentinel(list(url.sentinels), sentinel_kwargs=limits | tls)
    for one in sentinel.sentinels:
        response_limit.apply(one.connection_pool)
    # Each new connection asks the Sentinels for the current master.
    client: redis.Redis[bytes] = sentinel.master_for(
        url.service,
        redis_class=TracedRedis,
        db=url.db,
        username=url.username,
        password=url.password,
        **limits,
        **tls,
    )
    response_limit.apply(client.connection_pool)
    return client
