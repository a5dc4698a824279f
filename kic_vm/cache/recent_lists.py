# SPDX-License-Identifier: Apache-2.0
"""Recent lists of a project, for requests that accept a response of some age.

A list is complete: filters, order and pages are applied to it for each request. Its key consists of
the project, the roles and the resource. It belongs to a generation of the project, and each write
begins a new generation (see ``generations``). A request may use a list of the current generation
whose fetch began within the age that the request accepts.

Several requests share one fetch: the requests of a process wait for the first one, and a lease in
Redis lets only one process fetch. A request waits for an earlier fetch only for as long as its own
age limit allows; then it waits for a fetch that began after its arrival, which is as fresh as a
fetch of its own.
"""

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import cachetools
import orjson
from oslo_config import cfg

from kic_vm import deadline
from kic_vm.cache.fetched import Fetch, Source
from kic_vm.cache.flights import Flight
from kic_vm.cache.followers import Followers
from kic_vm.cache.generations import Generations
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, connect
from kic_vm.cache.stored_lists import (
    Item,
    Key,
    Page,
    Pagination,
    RecentList,
    StoredLists,
)
from kic_vm.cache.terms import Stamp, Terms

# Seconds for which a list is used if other processes may write unnoticed.
_ALONE_SECONDS: Final = 1.0
_MEGABYTE: Final = 2**20
# A list also depends on some values that the gateway caches, such as the ids of flavors.
_REPEATED_SECONDS: Final = 60.0


class RecentLists:
    """The recent lists of one process, which all processes share through Redis.

    :param retry_after: seconds for which Redis is not used after a failure
    :param max_age: the maximum age of a list in seconds; 0 keeps no lists
    :param max_age_followed: the maximum age while a follower drops the lists of changed projects
    :param memory: maximum weight in bytes of all lists in the process
    """

    def __init__(
        self,
        client: SealedRedis | None,
        *,
        retry_after: float,
        max_age: float,
        max_age_followed: float,
        memory: int,
        followers: Followers,
    ) -> None:
        outage = Outage(retry_after)
        self.max_age = max_age
        self._max_age_followed = max(max_age, max_age_followed)
        self._has_redis = client is not None
        self._generations = Generations(client, outage)
        self._stored = StoredLists(client, outage, self._max_age_followed)
        self._followers = followers
        self._lock = threading.Lock()
        self._flights: dict[Key, Flight] = {}
        self._lists: cachetools.LRUCache[Key, RecentList[Any]] = cachetools.LRUCache(
            memory, getsizeof=lambda recent_list: min(recent_list.weight, memory)
        )

    def drop(self, project_id: str | None) -> None:
        """Stop using all lists of a project that were fetched before, in all processes."""
        if self.max_age and project_id:
            self._generations.renew(project_id)

    def note_follower(self, seconds: float) -> None:
        """Note that a follower drops the lists of changed projects for the next seconds.

        Until then, a list may have the higher maximum age. The follower calls this repeatedly. No
        effect while other processes cannot know of a drop, because Redis fails.
        """
        if self._generations.announce_missed():
            self._stored.note_follower(seconds)

    @contextlib.contextmanager
    def changing(self, project_id: str | None) -> Iterator[None]:
        """Drop the lists of a project around a write, whatever its outcome is.

        Without the first drop, a list that was fetched before the write could be stored after it.
        """
        self.drop(project_id)
        try:
            yield
        finally:
            self.drop(project_id)

    def find(
        self, key: Key, max_age: float, *, is_only_process: bool
    ) -> tuple[RecentList[Any], float] | None:
        """A list that this process knows, and its age; None if none is acceptable."""
        recent_list = self._known(key)
        if recent_list is None:
            return None
        terms = self._terms(key, max_age, is_only_process=is_only_process)
        return (
            (recent_list, terms.age_of(recent_list.stamp))
            if terms.accept(recent_list.stamp)
            else None
        )

    def read(
        self, key: Key, max_age: float, fetch: Fetch[Item], *, is_only_process: bool
    ) -> tuple[RecentList[Item], float, Source]:
        """A list, its age in seconds, and its source.

        :param max_age: the age in seconds that the request accepts
        :param fetch: fetches the list; its exceptions are raised
        :param is_only_process: no other process serves requests
        :raises UpstreamBusy: too many requests wait for the fetches of others
        """
        terms = self._terms(key, max_age, is_only_process=is_only_process)
        for oldest in (terms.arrived - terms.max_age, terms.arrived):
            recent_list = self._known(key)  # after a wait, another request may have fetched it
            if recent_list is not None and terms.accept(recent_list.stamp):
                return recent_list, terms.age_of(recent_list.stamp), Source.KNOWN
            flight, is_new = self._join(key, terms, oldest)
            if is_new:
                return self._fetch_once(flight, key, terms, fetch)
            is_as_fresh = flight.stamp.began >= terms.arrived
            recent_list = flight.wait(
                deadline.NEVER if is_as_fresh else terms.end_of_wait, self._followers
            )
            if recent_list is not None and terms.accept(recent_list.stamp):
                return recent_list, terms.age_of(recent_list.stamp), Source.OTHERS
        # The other fetches have failed.
        stamp = Stamp(terms.generation, time.time())
        return RecentList(fetch(None).items, stamp, 0, stamp), 0.0, Source.FETCHED

    def page(
        self,
        key: Key,
        recent_list: RecentList[Item],
        query: str,
        select: Callable[[list[Item]], tuple[list[Item], Pagination]],
    ) -> Page[Item]:
        """A page of a list of this process; see RecentList. New pages count as its memory."""
        count = recent_list.page_count
        page = recent_list.page(query, select)
        if recent_list.page_count != count:
            with self._lock:
                if self._lists.get(key) is recent_list:
                    self._lists[key] = recent_list  # weighs it again
        return page

    def _terms(self, key: Key, max_age: float, *, is_only_process: bool) -> Terms:
        generation, is_shared = self._generations.current(key.project_id)
        if not is_shared and (self._has_redis or not is_only_process):
            max_age = min(max_age, _ALONE_SECONDS)
        terms = Terms(generation, is_shared, time.time(), min(max_age, self.max_age))
        if max_age <= self.max_age or not is_shared:
            return terms
        recent_list = self._known(key)
        if recent_list is not None and terms.accept(recent_list.stamp):
            return terms  # whether a follower runs makes no difference
        if not self._stored.is_followed():
            return terms
        return dataclasses.replace(terms, max_age=min(max_age, self._max_age_followed))

    def _known(self, key: Key) -> RecentList[Any] | None:
        """The list that this process has, whatever its age."""
        with self._lock:
            return self._lists.get(key)

    def _join(self, key: Key, terms: Terms, oldest: float) -> tuple[Flight, bool]:
        """The flight if it began at ``oldest`` or later, otherwise a new one; whether it is new."""
        main_service = self._followers.main_service(key.resource)
        with self._lock:
            flight = self._flights.get(key)
            if (
                flight is not None
                and flight.stamp.generation == terms.generation
                and flight.stamp.began >= oldest
            ):
                return flight, False
            flight = self._flights[key] = Flight(terms.generation, main_service)
            return flight, True

    def _fetch_once(
        self, flight: Flight, key: Key, terms: Terms, fetch: Fetch[Item]
    ) -> tuple[RecentList[Item], float, Source]:
        """The list of another process, or a new one. All requests of the flight get it."""
        recent_list, lease = None, None
        known = self._known(key)
        try:
            if terms.is_shared:
                recent_list, lease = self._stored.find_or_acquire(
                    str(key),
                    terms,
                    known,
                    partial(self._followers.following, flight.moved_at, flight.awaited),
                )
            if recent_list is not None:
                self._finish(flight, key, recent_list)
                return recent_list, terms.age_of(recent_list.stamp), Source.KNOWN
            return self._fetch(flight, key, terms, known, fetch)
        finally:
            if flight.result is None:
                self._finish(flight, key, None)
            if lease is not None:
                self._stored.release(lease)

    def _fetch(
        self,
        flight: Flight,
        key: Key,
        terms: Terms,
        known: RecentList[Item] | None,
        fetch: Fetch[Item],
    ) -> tuple[RecentList[Item], float, Source]:
        stamp = Stamp(terms.generation, time.time())
        is_recent = known is not None and _is_recent(known.content, stamp)
        fetched = fetch(known.reads if known is not None and is_recent else None)
        if known is not None and fetched.is_unchanged:
            recent_list = dataclasses.replace(known, stamp=stamp)
            self._finish(flight, key, recent_list)
            if terms.is_shared:
                self._stored.store_unchanged(str(key), recent_list)
            return recent_list, 0.0, Source.UNCHANGED
        text, is_storable = _as_json(fetched.items)
        recent_list = RecentList(fetched.items, stamp, len(text), stamp, fetched.reads)
        self._finish(flight, key, recent_list)
        if terms.is_shared and is_storable:
            self._stored.store(str(key), recent_list, text)
        return recent_list, 0.0, Source.FETCHED

    def _finish(self, flight: Flight, key: Key, result: RecentList[Any] | None) -> None:
        """Remember the result, and wake the requests that wait."""
        with self._lock:
            if result is not None:
                self._lists[key] = result
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.result = result
        flight.finish()


def _is_recent(content: Stamp, stamp: Stamp) -> bool:
    """Whether the GETs behind a list may show that its content has not changed."""
    return 0 <= stamp.began - content.began <= _REPEATED_SECONDS


def _as_json(items: list[Item]) -> tuple[bytes, bool]:
    """A list as JSON, and whether reading it gives the same list again."""
    try:
        return orjson.dumps(items), True
    except TypeError:  # a number over 64 bits, or an unpaired surrogate
        return json.dumps(items).encode(), False


def create_recent_lists(conf: cfg.ConfigOpts, followers: Followers) -> RecentLists:
    """Create the recent lists that [api] and [redis] configure."""
    return RecentLists(
        connect(conf),
        retry_after=conf.redis.retry_after,
        max_age=conf.api.max_age,
        max_age_followed=conf.api.max_age_followed,
        memory=conf.api.max_age_memory * _MEGABYTE,
        followers=followers,
    )
