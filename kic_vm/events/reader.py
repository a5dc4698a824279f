# SPDX-License-Identifier: Apache-2.0
"""Reading the streams of events, page by page."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import redis
from oslo_log import log as logging

from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.cache.store import StoreUnavailable, failures_reported
from kic_vm.events import scripts
from kic_vm.events.follower_state import FOLLOWED, FollowerState
from kic_vm.events.model import (
    Cursor,
    Event,
    Position,
    iso_of_milliseconds,
    stream_key,
)

LOG = logging.getLogger(__name__)

Entry = tuple[Position, Event]

PROJECTS: Final = "events:projects"
"""Key of the ids of the projects with events, by the time of their newest event."""
_EPOCH: Final = "events:epoch"
_PAGE: Final = 500
# Seconds for which a reader that starts at the oldest event can read.
_OLDEST_MARGIN: Final = 60.0
# Above the number of any entry of a millisecond.
_LAST_NUMBER: Final = 10**9


class CursorExpiredError(Exception):
    """Entries after the cursor may have been removed."""


class Page(NamedTuple):
    """The entries after a cursor."""

    entries: list[Entry]
    cursor: Cursor
    """The position after these entries."""
    is_last: bool
    """There were no more entries at that moment."""
    followed_at: str | None
    """The time until which a follower has seen the changes; None if none has."""


class EventReader:
    """Reads the events of all projects.

    Every method raises StoreUnavailable when Redis fails. After a failure, readers do not use Redis
    for a while: each of them holds a thread, and waiting clients read again and again.

    :param age: seconds for which a stream keeps its entries
    """

    def __init__(self, sealed: SealedRedis, outage: Outage, *, age: float) -> None:
        self._sealed = sealed
        self._outage = outage
        self._age = age
        self.followers = FollowerState(sealed, age)
        self._read = sealed.client.register_script(scripts.READ)

    @failures_reported()
    def now(self) -> int:
        """The time in Redis, in milliseconds. It orders the work of several followers."""
        seconds, fraction = self._sealed.client.time()
        return int(seconds) * 1000 + int(fraction) // 1000

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Read from Redis within the block.

        :raises StoreUnavailable: Redis fails, or has just failed for another reader
        """
        if not self._outage.is_over():
            raise StoreUnavailable("Outage")
        try:
            with failures_reported():
                yield
        except StoreUnavailable as error:
            if isinstance(error.__cause__, redis.RedisError):
                self._outage.begin(error.__cause__)
            raise

    def read(self, project_id: str, after: Cursor | None) -> Page:
        """A page of a project's events after a cursor.

        Without a cursor, the page has no events, and its cursor marks the present.

        :raises CursorExpiredError: events after the cursor may have been removed
        """
        with self._reading():
            return self._page(project_id, after)

    def _page(self, project_id: str, after: Cursor | None) -> Page:
        stream = stream_key(project_id)
        now, epoch, first, raw, followed = self._read(
            [self._sealed.full_key(key) for key in (stream, _EPOCH, FOLLOWED, PROJECTS)],
            ["" if after is None else str(after.position), _PAGE, secrets.token_hex(4), project_id],
        )
        milliseconds, current_epoch = int(now), epoch.decode()
        if after is not None:
            self._check(after, current_epoch, milliseconds, first)
        entries = [
            (Position.of(entry_id), event)
            for entry_id, fields in raw
            if (event := self._opened(stream, _field(fields, b"event"))) is not None
        ]
        latest = Position(milliseconds - 1, _LAST_NUMBER)
        if raw:
            latest = Position.of(raw[-1][0])
        elif after is not None:
            latest = max(latest, after.position)
        followed_at = self.followers.opened_time(followed)
        return Page(
            entries,
            Cursor(latest, current_epoch),
            is_last=len(raw) < _PAGE,
            followed_at=None if followed_at is None else iso_of_milliseconds(followed_at),
        )

    def read_oldest(self, project_id: str) -> Page:
        """The first page of all events that the project's stream has."""
        epoch = self.read(project_id, None).cursor.epoch
        oldest = self._oldest_position(project_id)
        return self.read(project_id, None if oldest is None else Cursor(oldest, epoch))

    def _oldest_position(self, project_id: str) -> Position | None:
        """A position before all events of a project; None without events."""
        with self._reading():
            key = self._sealed.full_key(stream_key(project_id))
            first = self._sealed.client.xrange(key, count=1)
            if not first:
                return None
            position = Position.of(_field(first[0][1], b"after"))
            # The position must not expire before it is used, even if Redis is slow.
            margin = min(_OLDEST_MARGIN, self._age / 10)
            return max(position, Position(self.now() - int((self._age - margin) * 1000), 0))

    def _check(self, after: Cursor, epoch: str, now: int, first: list[Any]) -> None:
        is_old = after.position.milliseconds < now - self._age * 1000
        is_trimmed = first and Position.of(_field(first[0][1], b"after")) > after.position
        if after.epoch != epoch or is_old or is_trimmed:
            raise CursorExpiredError

    def _opened(self, key: str, sealed: bytes) -> Event | None:
        try:
            return Event.from_bytes(self._sealed.open(key, sealed)[0])
        except UnreadableError:
            LOG.warning("Ignored an event in Redis that this gateway cannot have written")
            return None


def _field(fields: Any, name: bytes) -> bytes:
    """A field of an entry: a script returns a list, a command a dictionary."""
    if isinstance(fields, dict):
        value: bytes = fields[name]
        return value
    return bytes(fields[fields.index(name) + 1])
