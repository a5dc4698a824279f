# SPDX-License-Identifier: Apache-2.0
"""Followers: requests that wait for a fetch of another request.

They hold threads of the process, but no places in the bulkhead of the service that they wait for.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol


class Guard(Protocol):
    """The guard of a service; see adapters.http.guards."""

    def check_followers(self, followers: int) -> None:
        """Check that this many followers may hold threads for the service.

        :raises UpstreamBusy: they are too many
        """


class Followers:
    """The followers of a process.

    While the calls of a fetch go on to end, any number can wait for it. If none ends, the service
    may hang: then the followers and the other requests for the service together hold no more
    threads than its bulkhead allows.

    :param guards: the guard of each service
    :param services: the main service of each resource
    :param patience: the longest time between two ends of calls, in seconds
    """

    def __init__(
        self, guards: Mapping[str, Guard], services: Mapping[str, str], patience: float
    ) -> None:
        self._guards = guards
        self._services = services
        self._patience = patience
        self._lock = threading.Lock()
        self._awaited: dict[object, Callable[[], str]] = {}

    def main_service(self, resource: str) -> str:
        """The service that a fetch of the resource waits for, unless more is known."""
        return self._services[resource]

    @contextlib.contextmanager
    def following(
        self, moved_at: Callable[[], float], awaited: Callable[[], str]
    ) -> Iterator[Callable[[], None]]:
        """Count a follower within the block, which calls the result again and again.

        The result raises UpstreamBusy if the request must not wait any longer.

        :param moved_at: returns when a call of the fetch last ended, in seconds since the epoch
        :param awaited: returns the service that the fetch waits for at the moment
        """
        follower = object()
        with self._lock:
            self._awaited[follower] = awaited
        try:
            yield partial(self._check, follower, moved_at)
        finally:
            with self._lock:
                self._awaited.pop(follower, None)

    def _check(self, follower: object, moved_at: Callable[[], float]) -> None:
        if time.time() - moved_at() < self._patience:
            return
        with self._lock:
            awaited = self._awaited.pop(follower)  # a refused request does not count any more
            service = awaited()
            others = sum(other() == service for other in self._awaited.values())
            self._guards[service].check_followers(others + 1)
            self._awaited[follower] = awaited
