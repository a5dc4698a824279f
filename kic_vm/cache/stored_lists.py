# SPDX-License-Identifier: Apache-2.0
"""Recent lists in Redis: compressed, encrypted, and with a lease for the process that fetches."""

import dataclasses
import hashlib
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, Protocol, TypeVar

import orjson
import redis

from kic_vm import deadline
from kic_vm.cache.lease import Lease
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.tracing.request_trace import tracing, waiting

# The type of a list's items.
Item = TypeVar("Item", bound=Mapping[str, Any])
# The position of a page: total, offset and limit; see schemas.base.PaginationSchema.
Pagination = dict[str, int]

_HEAD: Final = struct.Struct(">8sd")
_FASTEST: Final = 1
_FOLLOWED: Final = "lists-followed"
_LEASE_SECONDS: Final = 10.0
_PAGES: Final = 32
# The pages of a list together have at most this many times its items.
_COPIES: Final = 2
# The memory of a list without items, and of a page without items, with what refers to them.
_LIST_BYTES: Final = 1024
_PAGE_BYTES: Final = 1024
_POLL_SECONDS: Final = 0.02


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """The key of a list."""

    project_id: str
    roles: str
    resource: str

    @classmethod
    def of(cls, project_id: str, roles: Iterable[str], resource: str) -> "Key":
        """The key of a project's list, as callers with exactly these roles see it."""
        names = "\0".join(sorted(set(roles)))
        return cls(project_id, hashlib.sha256(names.encode()).hexdigest()[:32], resource)

    def __str__(self) -> str:
        """The key in Redis."""
        return f"lists:{self.project_id}:{self.roles}:{self.resource}"


@dataclasses.dataclass(frozen=True, slots=True)
class Stamp:
    """The generation and the time of a fetch."""

    generation: bytes
    """The project's generation before the fetch: 8 bytes."""
    began: float
    """The start of the fetch, in seconds since the epoch."""


@dataclasses.dataclass(slots=True)
class Page(Generic[Item]):
    """A page of a list, and the response that was made from it."""

    items: list[Item]
    pagination: Pagination
    body: bytes | None = None
    tag: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class RecentList(Generic[Item]):
    """A complete list, which must not be changed."""

    items: list[Item]
    stamp: Stamp
    size: int
    """The size of the list as JSON, in bytes."""
    _pages: dict[str, Page[Item]] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def page_count(self) -> int:
        """The number of pages that are kept."""
        return len(self._pages)

    @property
    def weight(self) -> int:
        """The bytes that count against the memory for lists."""
        pages = sum(_PAGE_BYTES + len(query) for query in list(self._pages))
        return _LIST_BYTES + self.size + pages

    def page(
        self, query: str, select: Callable[[list[Item]], tuple[list[Item], Pagination]]
    ) -> Page[Item]:
        """A page. All requests with the same query share it.

        :param query: the query string of the request
        :param select: makes the page of the list
        """
        page = self._pages.get(query)
        if page is None:
            page = Page(*select(self.items))
            items = sum(len(known.items) for known in list(self._pages.values()))
            is_full = items + len(page.items) > _COPIES * len(self.items)
            if is_full or len(self._pages) >= _PAGES:
                self._pages.clear()
            self._pages[query] = page
        return page


class Terms(Protocol):
    """The lists that a request accepts."""

    @property
    def end_of_wait(self) -> float:
        """The end of the wait for another fetch, in seconds since the epoch."""

    def accept(self, stamp: Stamp) -> bool:
        """Whether the request may use a list now."""


class StoredLists:
    """The lists that all processes share. While Redis fails, no list is read or stored.

    :param seconds: time for which a list is stored
    """

    def __init__(self, client: SealedRedis | None, outage: Outage, seconds: float) -> None:
        self._client = client
        self._outage = outage
        self._seconds = seconds

    def find_or_acquire(
        self,
        key: str,
        terms: Terms,
        following: Callable[[], AbstractContextManager[Callable[[], None]]],
    ) -> tuple[RecentList[Any] | None, Lease | None]:
        """An acceptable list, or the lease to fetch one.

        Neither if Redis is unavailable, or if the fetch of another process takes too long.

        :param following: see Followers; entered for the wait for another process
        :raises UpstreamBusy: too many requests wait
        """
        if self._client is None or not self._outage.is_over():
            return None, None
        try:
            lease = self._client.lease(f"{key}:fetch")
            recent_list, is_held = self._find_or_hold(self._client, lease, key, terms)
            if recent_list is None and not is_held:
                # Without a span for each command of the loop.
                with waiting("single-flight wait"), tracing(None), following() as check:
                    while recent_list is None and not is_held and not self._is_wait_over(terms):
                        check()
                        time.sleep(_POLL_SECONDS)
                        recent_list, is_held = self._find_or_hold(self._client, lease, key, terms)
        except redis.RedisError as error:
            self._outage.begin(error)
            return None, None
        return recent_list, lease if is_held else None

    def _find_or_hold(
        self, client: SealedRedis, lease: Lease, key: str, terms: Terms
    ) -> tuple[RecentList[Any] | None, bool]:
        """An acceptable list, if there is one now, and whether the lease is held now."""
        found = self._find(client, key, terms)
        if found is None and lease.acquire(_LEASE_SECONDS):
            return self._find(client, key, terms), True  # it may have been stored meanwhile
        return found, False

    @staticmethod
    def _is_wait_over(terms: Terms) -> bool:
        return time.time() >= terms.end_of_wait or deadline.seconds_left() <= _POLL_SECONDS

    @staticmethod
    def _find(client: SealedRedis, key: str, terms: Terms) -> RecentList[Any] | None:
        try:
            head = client.get(f"{key}:head")
            if head is None or not terms.accept(Stamp(*_HEAD.unpack(head))):
                return None
            stored = client.get(key)
        except UnreadableError:  # another program wrote it, or it has expired
            return None
        if stored is None:
            return None
        stamp = Stamp(*_HEAD.unpack_from(stored))
        text = zlib.decompress(stored[_HEAD.size :])
        return RecentList(orjson.loads(text), stamp, len(text)) if terms.accept(stamp) else None

    def store(self, key: str, stamp: Stamp, text: bytes) -> None:
        """Store a list for the other processes.

        :param text: the list as JSON
        """
        if self._client is None or not self._outage.is_over():
            return
        head = _HEAD.pack(stamp.generation, stamp.began)
        try:
            self._client.set(key, head + zlib.compress(text, _FASTEST), self._seconds)
            # Last: processes read the list only if its head is acceptable.
            self._client.set(f"{key}:head", head, self._seconds)
        except redis.RedisError as error:
            self._outage.begin(error)

    def note_follower(self, seconds: float) -> None:
        """Note that a follower runs for the next seconds."""
        if self._client is not None:
            self._try(self._client.set, _FOLLOWED, b"yes", seconds)

    def is_followed(self) -> bool:
        """Whether a follower runs."""
        return self._client is not None and self._try(self._client.get, _FOLLOWED) is not None

    def _try(self, command: Callable[..., Any], *args: Any) -> Any:
        """The result of a command; None while Redis is not used or fails."""
        if not self._outage.is_over():
            return None
        try:
            return command(*args)
        except UnreadableError:  # another program wrote it
            return None
        except redis.RedisError as error:
            self._outage.begin(error)
            return None

    def release(self, lease: Lease) -> None:
        """Let other processes fetch."""
        self._try(lease.release)
