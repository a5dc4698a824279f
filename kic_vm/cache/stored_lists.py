# SPDX-License-Identifier: Apache-2.0
"""Recent lists in Redis: compressed, encrypted, and with a lease for the process that fetches."""

import dataclasses
import hashlib
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final, Generic, TypeVar

import orjson
import redis

from kic_vm import deadline
from kic_vm.cache.lease import Lease
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.cache.terms import Stamp, Terms
from kic_vm.read_log import Reads
from kic_vm.tracing.request_trace import tracing, waiting

# The type of a list's items.
Item = TypeVar("Item", bound=Mapping[str, Any])
# The position of a page: total, offset and limit; see schemas.base.PaginationSchema.
Pagination = dict[str, int]

# The stamp of a list, and the stamp of the fetch that read its content.
_HEAD: Final = struct.Struct(">8sd8sd")
_LENGTH: Final = struct.Struct(">I")
_FASTEST: Final = 1
_FOLLOWED: Final = "lists-followed"
_LEASE_SECONDS: Final = 10.0
_PAGES: Final = 32
# The pages of a list together have at most this many times its items.
_COPIES: Final = 2
# The memory of a list without items, of a page without its body, and of a GET behind a list.
_LIST_BYTES: Final = 1024
_PAGE_BYTES: Final = 1024
_READ_BYTES: Final = 512
_ID_BYTES: Final = 96
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
        """The key in Redis. Its first part changes with the format of stored lists."""
        return f"recent-lists-2:{self.project_id}:{self.roles}:{self.resource}"


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
    content: Stamp
    """The fetch that read the items; a later fetch has found that they have not changed."""
    reads: Reads | None = None
    """The GETs that a later fetch repeats; None if it must read the list again."""
    _pages: dict[str, Page[Item]] = dataclasses.field(default_factory=dict, repr=False)

    @property
    def page_count(self) -> int:
        """The number of pages that are kept."""
        return len(self._pages)

    @property
    def weight(self) -> int:
        """The bytes that count against the memory for lists."""
        known = list(self._pages.items())
        pages = sum(_PAGE_BYTES + len(query) for query, _page in known)
        # The body of a page is as large as its items are in the list.
        shown = sum(len(page.items) for _query, page in known)
        bodies = self.size * shown // max(1, len(self.items))
        return _LIST_BYTES + self.size + pages + bodies + self._weight_of_reads

    @property
    def _weight_of_reads(self) -> int:
        if self.reads is None:
            return 0
        checked = len(self.reads.checked_servers or ())
        return _READ_BYTES * len(self.reads.digests) + _ID_BYTES * checked

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
        known: RecentList[Any] | None,
        following: Callable[[], AbstractContextManager[Callable[[], None]]],
    ) -> tuple[RecentList[Any] | None, Lease | None]:
        """An acceptable list, or the lease to fetch one.

        Neither if Redis is unavailable, or if the fetch of another process takes too long.

        :param known: a list of this process whose content may still be the stored one
        :param following: see Followers; entered for the wait for another process
        :raises UpstreamBusy: too many requests wait
        """
        if self._client is None or not self._outage.is_over():
            return None, None
        try:
            lease = self._client.lease(f"{key}:fetch")
            find = partial(self._find_or_hold, self._client, lease, key, terms, known)
            recent_list, is_held = find()
            if recent_list is None and not is_held:
                # Without a span for each command of the loop.
                with waiting("single-flight wait"), tracing(None), following() as check:
                    while recent_list is None and not is_held and not self._is_wait_over(terms):
                        check()
                        time.sleep(_POLL_SECONDS)
                        recent_list, is_held = find()
        except redis.RedisError as error:
            self._outage.begin(error)
            return None, None
        return recent_list, lease if is_held else None

    def _find_or_hold(
        self,
        client: SealedRedis,
        lease: Lease,
        key: str,
        terms: Terms,
        known: RecentList[Any] | None,
    ) -> tuple[RecentList[Any] | None, bool]:
        """An acceptable list, if there is one now, and whether the lease is held now."""
        found = self._find(client, key, terms, known)
        if found is None and lease.acquire(_LEASE_SECONDS):
            # It may have been stored meanwhile.
            return self._find(client, key, terms, known), True
        return found, False

    @staticmethod
    def _is_wait_over(terms: Terms) -> bool:
        return time.time() >= terms.end_of_wait or deadline.seconds_left() <= _POLL_SECONDS

    @staticmethod
    def _find(
        client: SealedRedis, key: str, terms: Terms, known: RecentList[Any] | None
    ) -> RecentList[Any] | None:
        try:
            head = client.get(f"{key}:head")
            if head is None:
                return None
            stamp, content = _stamps(head)
            if not terms.accept(stamp):
                return None
            if known is not None and known.content == content:
                return dataclasses.replace(known, stamp=stamp)
            stored = client.get(key)
        except UnreadableError:  # another program wrote it, or it has expired
            return None
        return None if stored is None else _opened(stored, stamp, content, terms)

    def store(self, key: str, recent_list: RecentList[Any], text: bytes) -> None:
        """Store a list for the other processes.

        :param text: the list as JSON
        """
        reads = recent_list.reads
        notes = orjson.dumps(None if reads is None else reads.to_json())
        body = _LENGTH.pack(len(notes)) + notes + text
        head = _head_of(recent_list)
        # The head last: processes read the list only if its head is acceptable.
        self._set({key: head + zlib.compress(body, _FASTEST), f"{key}:head": head})

    def store_unchanged(self, key: str, recent_list: RecentList[Any]) -> None:
        """Tell the other processes that a later fetch has found a stored list unchanged."""
        self._set({f"{key}:head": _head_of(recent_list)})

    def _set(self, values: Mapping[str, bytes]) -> None:
        if self._client is None or not self._outage.is_over():
            return
        try:
            for key, value in values.items():
                self._client.set(key, value, self._seconds)
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


def _head_of(recent_list: RecentList[Any]) -> bytes:
    stamp, content = recent_list.stamp, recent_list.content
    return _HEAD.pack(stamp.generation, stamp.began, content.generation, content.began)


def _stamps(head: bytes) -> tuple[Stamp, Stamp]:
    """The stamp of a list, and that of the fetch that read its content."""
    generation, began, content_generation, content_began = _HEAD.unpack_from(head)
    return Stamp(generation, began), Stamp(content_generation, content_began)


def _opened(stored: bytes, stamp: Stamp, content: Stamp, terms: Terms) -> RecentList[Any] | None:
    """A stored list. If its content is not that of its head, only its own stamp holds for it."""
    own_stamp, own_content = _stamps(stored)
    if own_content != content:
        stamp = own_stamp
    if not terms.accept(stamp):
        return None
    body = zlib.decompress(stored[_HEAD.size :])
    (length,) = _LENGTH.unpack_from(body)
    text = body[_LENGTH.size + length :]
    notes = orjson.loads(body[_LENGTH.size : _LENGTH.size + length])
    reads = None if notes is None else Reads.from_json(notes)
    return RecentList(orjson.loads(text), stamp, len(text), own_content, reads)
