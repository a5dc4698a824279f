# SPDX-License-Identifier: Apache-2.0
"""Fetches of recent lists in progress, for which other requests of the process can wait."""

import threading
import time
from typing import Any, Final

from kic_vm import deadline
from kic_vm.cache.followers import Followers
from kic_vm.cache.stored_lists import RecentList
from kic_vm.cache.terms import Stamp
from kic_vm.context import current_record
from kic_vm.tracing.request_trace import waiting

# A request that waits for another one checks so often whether it may go on waiting.
_CHECK_SECONDS: Final = 0.25


class Flight:
    """A fetch in progress, for which other requests of the process may wait."""

    def __init__(self, generation: bytes, main_service: str) -> None:
        self._main_service = main_service
        self._record = current_record()
        self._calls = self._count_calls()
        self.stamp = Stamp(generation, time.time())
        self._moved_at = self.stamp.began
        self.result: RecentList[Any] | None = None
        """Set before ``finish``; None if the fetch has failed."""
        self._is_over = threading.Event()

    def finish(self) -> None:
        """Wake the requests that wait."""
        self._is_over.set()

    def awaited(self) -> str:
        """The service that the fetch waits for at the moment, as far as that is known."""
        places = {} if self._record is None else dict(self._record.places)
        busy = (service for service, place in places.items() if place.calls)
        return next(busy, self._main_service)

    def moved_at(self) -> float:
        """When the fetch began, or when its last call to a service ended.

        The followers ask again and again, so this is late by the interval between their questions.
        """
        calls = self._count_calls()
        if calls != self._calls:
            self._calls, self._moved_at = calls, time.time()
        return self._moved_at

    def _count_calls(self) -> int:
        return 0 if self._record is None else self._record.upstream_calls

    def wait(self, end: float, followers: Followers) -> RecentList[Any] | None:
        """The result; None if there is none at ``end``, in seconds since the epoch.

        :raises UpstreamBusy: too many requests wait
        """
        following = followers.following(self.moved_at, self.awaited)
        with waiting("single-flight wait"), following as check:
            while not self._is_over.is_set():
                seconds = min(end - time.time(), deadline.seconds_left())
                if seconds <= 0:
                    break
                check()
                self._is_over.wait(min(seconds, _CHECK_SECONDS))
        return self.result
