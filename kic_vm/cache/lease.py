# SPDX-License-Identifier: Apache-2.0
"""Leases: the right of one process to work on something, as long as it renews the lease.

A lease expires, so the work of a killed process becomes free. A process that has lost its lease
cannot overwrite its successor's data: Redis itself checks the lease with each write (fencing).
"""

import os
import secrets
import threading
from collections.abc import Callable

import redis
from oslo_log import log as logging
from redis.exceptions import LockError
from redis.lock import Lock

LOG = logging.getLogger(__name__)


class Lease:
    """One lease; every method raises redis.RedisError when Redis fails.

    It contains no secret: its value in Redis is a random token.

    :param key: the full key in Redis
    :param token: the token of another process's lease; by default, a new one
    """

    def __init__(self, client: "redis.Redis[bytes]", key: str, token: str | None = None) -> None:
        self.key = key
        self.token = secrets.token_hex(16) if token is None else token
        """A random token that is unique to this lease."""
        self._client = client

    def acquire(self, seconds: float) -> bool:
        """Acquire it for a number of seconds; False while another holder has it."""
        return bool(self._lock(seconds).acquire(token=self.token))

    def renew(self, seconds: float) -> bool:
        """Renew it for a number of seconds from now; False if it is no longer held."""
        try:
            return bool(self._lock(seconds, is_held=True).reacquire())
        except LockError:
            return False

    def release(self) -> None:
        """Release it, if it is still held."""
        try:
            self._lock(1, is_held=True).release()
        except LockError:
            return

    def remaining(self) -> float:
        """Seconds until it expires, whoever holds it; 0 if nobody holds it."""
        return max(0, int(self._client.pttl(self.key))) / 1000

    def _lock(self, seconds: float, *, is_held: bool = False) -> Lock:
        lock = Lock(self._client, self.key, timeout=seconds, blocking=False, thread_local=False)
        if is_held:
            lock.local.token = self.token.encode()
        return lock


class Keeper:
    """Renews the leases of a process in a thread, which runs only while there are leases.

    :param interval: seconds between two renewals
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._renewals: dict[Lease, Callable[[], None]] = {}
        self._wakes = threading.Event()
        self._is_running = False

    def keep(self, lease: Lease, renew: Callable[[], None]) -> None:
        """Call ``renew`` at each interval until the lease is dropped."""
        with self._lock:
            self._renewals[lease] = renew
            if not self._is_running:
                threading.Thread(target=self._run, name="leases", daemon=True).start()
                self._is_running = True

    def drop(self, lease: Lease) -> None:
        """Stop renewing a lease."""
        with self._lock:
            self._renewals.pop(lease, None)

    def _run(self) -> None:
        while True:
            self._wakes.wait(self._interval)
            with self._lock:
                renewals = list(self._renewals.values())
                if not renewals:
                    self._is_running = False
                    return
            for renew in renewals:
                try:
                    renew()
                except Exception:
                    LOG.exception("Could not renew a lease")
