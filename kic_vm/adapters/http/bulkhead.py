# SPDX-License-Identifier: Apache-2.0
"""A bulkhead: it limits how many requests of a process wait for one service at a time."""

import threading

from kic_vm import deadline, exceptions
from kic_vm.context import RequestRecord
from kic_vm.metrics import upstreams as metrics
from kic_vm.tracing.request_trace import waiting

_WAITING_SHARE = 4
"""Number of places for each request that can wait for a place."""


class Bulkhead:
    """The places of one service.

    A request holds one place while at least one of its calls to the service is in progress, however
    many calls it makes side by side.

    :param service: the service's type in the service catalog
    :param places: how many requests can have calls in progress
    :param seconds: how long a request waits for a place
    """

    def __init__(self, service: str, places: int, seconds: float) -> None:
        self._service = service
        self._free = places
        self._waiting_places = max(1, places // _WAITING_SHARE)
        self._waiting = 0
        self._seconds = seconds
        self._changed = threading.Condition(threading.Lock())

    def enter(self, record: RequestRecord) -> None:
        """Note the start of a request's call, and take a place if the request has none.

        :raises UpstreamBusy: no place is free
        """
        # The request's other calls wait here, as they share the same place.
        with record.places_lock:
            calls = record.places.get(self._service, 0)
            if calls == 0:
                self._take_place()
            record.places[self._service] = calls + 1

    def leave(self, record: RequestRecord) -> None:
        """Note the end of a request's call; after its last call the place is free."""
        with record.places_lock:
            record.places[self._service] -= 1
            if record.places[self._service] > 0:
                return
        with self._changed:
            self._free += 1
            if self._waiting:
                self._changed.notify()
        metrics.count_end(self._service)

    def _take_place(self) -> None:
        with self._changed:
            if self._free < 1 and not self._wait():
                metrics.count_refusal(self._service, "busy")
                raise exceptions.UpstreamBusy(self._service)
            self._free -= 1
        metrics.count_begin(self._service)

    def _wait(self) -> bool:
        """Wait for a free place; whether there was one in time."""
        if self._waiting >= self._waiting_places:
            return False
        self._waiting += 1
        try:
            seconds = min(self._seconds, deadline.seconds_left())
            with waiting("bulkhead wait", self._service):
                return self._changed.wait_for(lambda: self._free > 0, seconds)
        finally:
            self._waiting -= 1
