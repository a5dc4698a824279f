# SPDX-License-Identifier: Apache-2.0
"""The store for values on which all processes must agree."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import redis
from oslo_config import cfg

from kic_vm.cache.client import answers_checked
from kic_vm.cache.lease import Lease
from kic_vm.cache.sealed import SealedRedis, UnreadableError, connect


class StoreUnavailable(Exception):
    """Redis does not answer, or returns a value that this gateway cannot have written."""


@contextlib.contextmanager
def failures_reported() -> Iterator[None]:
    """Report each failure of Redis within the block as one exception.

    :raises StoreUnavailable: Redis fails, or has a value that this deployment did not write
    """
    try:
        with answers_checked():
            yield
    except (redis.RedisError, UnreadableError) as error:
        raise StoreUnavailable(type(error).__name__) from error


class SharedStore:
    """The store for values on which all processes must agree.

    Unlike a cache, it never falls back to memory. So there is no pause after a failure either (see
    Outage): one lost answer would refuse all requests that need the store for seconds, and running
    ones could not record how they end. A refused request waits for one timeout, and so holds its
    thread for less time than if it were processed.
    """

    def __init__(self, client: SealedRedis) -> None:
        self._client = client

    def get(self, key: str) -> bytes | None:
        """The value; None if there is none or it has expired.

        :raises StoreUnavailable: as for every method here
        """
        value: bytes | None = self._do(self._client.get, key)
        return value

    def lease(self, key: str, token: str | None = None) -> Lease:
        """A lease that is not acquired yet, or one of another process. No call to Redis.

        :param token: the token of the other process
        """
        return self._client.lease(key, token)

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

    def set_and_release(self, lease: Lease, key: str, value: bytes, time: float) -> bool:
        """As ``set_while_held``, and release the lease in the same step."""
        return bool(self._do(self._client.set_and_release, lease, key, value, time))

    def delete_while_held(self, lease: Lease, key: str) -> bool:
        """Delete a value if the lease is held; whether it was held."""
        return bool(self._do(self._client.delete_while_held, lease, key))

    @staticmethod
    def _do(command: Callable[..., Any], *args: Any) -> Any:
        with failures_reported():
            return command(*args)


def create_store(conf: cfg.ConfigOpts) -> SharedStore | None:
    """Create the store that [redis] configures; None without Redis."""
    client = connect(conf)
    return None if client is None else SharedStore(client)
