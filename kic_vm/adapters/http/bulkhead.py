# SPDX-License-Identifier: Apache-2.0
"""A bulkhead: it limits how many requests of a process wait for one service at a time."""

import threading
import time
from typing import NoReturn

from kic_vm import deadline, exceptions
from kic_vm.context import Place, RequestRecord
from kic_vm.metrics import upstreams as metrics
from kic_vm.tracing.request_trace import waiting

_WAITING_SHARE = 4
"""Number of places for each request that can wait for a place of a service that hangs."""
_STALLED_SECONDS = 0.5
"""If no place was taken or became free for this time, the service may hang."""
_BRIEF_SECONDS = 0.001
"""Calls of a request that begin at the same time hold its lock for less: no wait to show."""


class Bulkhead:
    """The places of one service.

    A request holds one place while at least one of its calls to the service is in progress, however
    many calls it makes side by side. While places become free, any number of requests can wait for
    one, so a busy service causes no refusals. If none becomes free, only a few can wait: the
    others would occupy the threads of requests that do not need the service.

    :param service: the service's type in the service catalog
    :param places: how many requests can have calls in progress
    :param seconds: how long a request waits for a place
    """

    def __init__(self, service: str, places: int, seconds: float) -> None:
        self._service = service
        self._free = places
        self._waiting_places = max(1, places // _WAITING_SHARE)
        self._waiting = 0
        self._moved_at = time.monotonic()
        self._seconds = seconds
        self._changed = threading.Condition(threading.Lock())

    def enter(self, record: RequestRecord) -> None:
        """Note the start of a request's call, and take a place if the request has none.

        One call of a request waits for a place; the others share its result.

        :raises UpstreamBusy: no place is free
        """
        place = record.places.setdefault(self._service, Place())
        refusals = place.refusals
        if not place.lock.acquire(timeout=_BRIEF_SECONDS):
            # Another call of the request is waiting for the place.
            with waiting("bulkhead wait", self._service):
                place.lock.acquire()
        try:
            if place.calls == 0:
                if place.refusals > refusals:
                    self._refuse()
                try:
                    self._take_place()
                except exceptions.UpstreamBusy:
                    place.refusals += 1
                    raise
            place.calls += 1
        finally:
            place.lock.release()

    def leave(self, record: RequestRecord) -> None:
        """Note the end of a request's call; after its last call the place is free."""
        place = record.places[self._service]
        with place.lock:
            place.calls -= 1
            if place.calls > 0:
                return
        with self._changed:
            self._free += 1
            self._moved_at = time.monotonic()
            if self._waiting:
                self._changed.notify()
        metrics.count_end(self._service)

    def check_followers(self, followers: int) -> None:
        """Check that requests that wait for fetches of others may hold threads for the service.

        Together with the requests that have or want places, they may be as many as if the service
        hangs.

        :raises UpstreamBusy: they are too many
        """
        with self._changed:
            has_room = self._waiting + followers <= self._free + self._waiting_places
        if not has_room:
            self._refuse()

    def _refuse(self) -> NoReturn:
        metrics.count_refusal(self._service, "busy")
        raise exceptions.UpstreamBusy(self._service)

    def _take_place(self) -> None:
        with self._changed:
            if self._free < 1 and not self._wait():
                self._refuse()
            self._free -= 1
            self._moved_at = time.monotonic()
        metrics.count_begin(self._service)

    def _wait(self) -> bool:
        """Wait for a free place; whether there was one in time."""
        end = time.monotonic() + min(self._seconds, deadline.seconds_left())
        is_one_of_few = self._waiting < self._waiting_places
        self._waiting += 1
        try:
            with waiting("bulkhead wait", self._service):
                while self._free < 1:
                    now = time.monotonic()
                    until = end if is_one_of_few else min(end, self._moved_at + _STALLED_SECONDS)
                    if now >= until:
                        return False
                    self._changed.wait(until - now)
                return True
        finally:
            self._waiting -= 1
