"""Leases: the right of one process to work on something, for as long as it shows signs of life.

A lease ends by itself, so the work of a killed process becomes free. A process that lost its lease
cannot overwrite what its successor wrote: what is written under a lease is written by Redis itself
only while the lease is held (fencing).
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
    """The lease of one piece of work; every method raises redis.RedisError where Redis fails.

    It has no secret in it: its value in Redis is a random token.

    :param key: the whole key in Redis
    """

    def __init__(self, client: "redis.Redis[bytes]", key: str) -> None:
        self.key = key
        self.token = secrets.token_hex(16)
        """Random; no other lease has it."""
        self._client = client

    def acquire(self, seconds: float) -> bool:
        """Hold it for a time; False while somebody else does."""
        return bool(self._lock(seconds).acquire(token=self.token))

    def renew(self, seconds: float) -> bool:
        """Hold it for so many seconds from now; False if it is no longer held."""
        try:
            return bool(self._lock(seconds, is_held=True).reacquire())
        except LockError:
            return False

    def release(self) -> None:
        """Give it back, if it is still held."""
        try:
            self._lock(1, is_held=True).release()
        except LockError:
            return

    def remaining(self) -> float:
        """Seconds until it ends, whoever holds it; 0 where nobody does."""
        return max(0, int(self._client.pttl(self.key))) / 1000

    def _lock(self, seconds: float, *, is_held: bool = False) -> Lock:
        lock = Lock(self._client, self.key, timeout=seconds, blocking=False, thread_local=False)
        if is_held:
            lock.local.token = self.token.encode()
        return lock


class Keeper:
    """Renews the leases of a process while it works, in a thread that runs only meanwhile.

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
        """Call ``renew`` again and again until the lease is dropped."""
        with self._lock:
            self._renewals[lease] = renew
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="leases", daemon=True).start()

    def drop(self, lease: Lease) -> None:
        """Renew a lease no longer."""
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
                    LOG.exception("A lease could not be renewed")
