# SPDX-License-Identifier: Apache-2.0
"""What all followers share in Redis: the lease, and how far the cloud was followed."""

from typing import Final

import orjson

from kic_vm.cache.lease import Lease
from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.cache.store import failures_reported

FOLLOWED: Final = "events:followed"
_NOTIFIED: Final = "events:notified"
_LEASE: Final = "events:follower"


class FollowerState:
    """The state that followers share.

    Methods that use Redis raise StoreUnavailable when it fails.

    :param age: seconds for which the state is kept
    """

    def __init__(self, sealed: SealedRedis, age: float) -> None:
        self._sealed = sealed
        self._age = age

    def lease(self) -> Lease:
        """The right to follow the cloud, not acquired yet."""
        return self._sealed.lease(_LEASE)

    @staticmethod
    @failures_reported()
    def renew(lease: Lease, seconds: float) -> bool:
        """Renew the lease for some seconds; False if another follower may have held it since."""
        return lease.renew(seconds)

    @staticmethod
    @failures_reported()
    def acquire(lease: Lease, seconds: float) -> bool:
        """Acquire the lease for some seconds; False while another follower holds it."""
        return lease.acquire(seconds)

    @staticmethod
    @failures_reported()
    def release(lease: Lease) -> None:
        """Release the lease."""
        lease.release()

    @failures_reported()
    def followed_until(self) -> int | None:
        """The time in Redis until which the cloud was followed; None if that is unknown."""
        sealed: bytes | None = self._sealed.client.get(self._sealed.full_key(FOLLOWED))
        return self.opened_time(sealed)

    @failures_reported()
    def note_followed(self, milliseconds: int) -> None:
        """Note that the cloud was followed until a time in Redis."""
        self._sealed.set(FOLLOWED, orjson.dumps(milliseconds), self._age)

    def opened_time(self, sealed: bytes | None) -> int | None:
        """The time in the value of ``FOLLOWED``; None if there is none or it is unreadable."""
        if sealed is None:
            return None
        try:
            return int(orjson.loads(self._sealed.open(FOLLOWED, sealed)[0]))
        except UnreadableError:
            return None

    @failures_reported()
    def note_notified(self, service: str) -> None:
        """Note that a service has sent a notification."""
        self._sealed.set(f"{_NOTIFIED}:{service}", b"yes", self._age)

    @failures_reported()
    def is_notified(self, service: str) -> bool:
        """Whether a service has sent a notification within the age of the streams."""
        return self._sealed.get(f"{_NOTIFIED}:{service}") is not None
