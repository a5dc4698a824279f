# SPDX-License-Identifier: Apache-2.0
"""The streams of events: one for each project, in Redis.

A stream is limited in length and age, and its entries are sealed like all values in Redis. Redis
also keeps the last state of each resource. One script compares a state with the last one and writes
an event only for a newer and different state, so several followers never write a change twice.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import redis
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache import sealed
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.cache.store import StoreUnavailable, failures_reported
from kic_vm.events import scripts
from kic_vm.events.follower_state import FOLLOWED, FollowerState
from kic_vm.events.known_resources import KnownResources
from kic_vm.events.model import (
    GAP,
    Cursor,
    Event,
    Position,
    Sighting,
    iso_of_milliseconds,
    microseconds,
    stream_key,
)
from kic_vm.events.subscription import Subscription

LOG = logging.getLogger(__name__)

Entry = tuple[Position, Event]

_PROJECTS: Final = "events:projects"
_EPOCH: Final = "events:epoch"
_CHANNEL: Final = "events:new"
_PAGE: Final = 500
_BATCH: Final = 200
# A sealed entry must stay readable for as long as the stream may contain it.
_SEAL_MARGIN: Final = 3600.0
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


class EventStream:
    """Writes and reads the events of all projects.

    Every method raises StoreUnavailable when Redis fails. After a failure, readers do not use Redis
    for a while: each of them holds a thread, and waiting clients read again and again.

    :param length: maximum number of entries of a stream
    :param age: seconds for which a stream keeps its entries
    :param timeout: seconds that Redis may take to confirm a subscription
    """

    def __init__(
        self, sealed: SealedRedis, outage: Outage, *, length: int, age: float, timeout: float
    ) -> None:
        self._sealed = sealed
        self._outage = outage
        self._timeout = timeout
        self._length = length
        self._age = age
        self.followers = FollowerState(sealed, age)
        self.known = KnownResources(sealed, age)
        self._write = sealed.client.register_script(scripts.WRITE_CHANGE)
        self._write_gap = sealed.client.register_script(scripts.WRITE_GAP)
        self._read = sealed.client.register_script(scripts.READ)
        self.on_write: Callable[[str], None] = _ignore
        """Called with the id of a project after events of it were written, or may have been."""

    @failures_reported()
    def now(self) -> int:
        """The time in Redis, in milliseconds. It orders the work of several followers."""
        seconds, fraction = self._sealed.client.time()
        return int(seconds) * 1000 + int(fraction) // 1000

    # Writing

    def record(self, sightings: Iterable[Sighting]) -> list[Event]:
        """Write an event for each sighting that is a change; return the written events."""
        written: list[Event] = []
        batch: list[Sighting] = []
        for sighting in sightings:
            batch.append(sighting)
            if len(batch) == _BATCH:
                written += self._record(batch)
                batch = []
        return written + self._record(batch) if batch else written

    def _record(self, sightings: Sequence[Sighting]) -> list[Event]:
        arguments = [self._arguments(sighting) for sighting in sightings]
        try:
            with failures_reported():
                pipeline = self._sealed.client.pipeline(transaction=False)
                for keys, values in arguments:
                    self._write(keys, values, client=pipeline)
                ids = pipeline.execute()
                written = [
                    sighting
                    for sighting, entry_id in zip(sightings, ids, strict=True)
                    if entry_id is not None
                ]
        except StoreUnavailable:
            # Redis may have written all of them. Then it sees no change when they come again.
            self._note_written(sightings)
            raise
        self._note_written(written)
        return [sighting.event for sighting in written]

    def _note_written(self, sightings: Iterable[Sighting]) -> None:
        for project_id in {sighting.project_id for sighting in sightings}:
            self.on_write(project_id)

    def _arguments(self, sighting: Sighting) -> tuple[list[str], list[Any]]:
        event, project_id = sighting.event, sighting.project_id
        keys = [
            self._sealed.full_key(stream_key(project_id)),
            self._sealed.full_key(f"events:last:{sighting.resource}"),
            self._sealed.full_key(_PROJECTS),
            self.known.key(event.type),
        ]
        state = f"{sighting.resource} {project_id} {event.state} {event.deleted}"
        if event.size is not None:
            state += f" {event.size}"
        return keys, [
            *self._common_arguments(project_id, event),
            " ".join(self._sealed.digests(state)),
            microseconds(event.at),
            "" if sighting.read_began is None else sighting.read_began,
            int(event.deleted),
            int(sighting.is_change),
            str(event.id),
        ]

    def _common_arguments(self, project_id: str, event: Event) -> list[Any]:
        key = stream_key(project_id)
        return [
            self._sealed.full_key(_CHANNEL),
            project_id,
            self._sealed.seal(key, event.as_bytes(), self._age + _SEAL_MARGIN),
            self._length,
            int(self._age * 1000),
        ]

    @failures_reported()
    def record_gap(self, project_ids: Iterable[str], since: str | None) -> int:
        """Write a gap that ends now to the streams of these projects and of all with events.

        :param since: the start of the gap; None if it is unknown
        :returns: the number of streams
        """
        now = iso_of_milliseconds(self.now())
        event = Event(type=GAP, at=since, seen_at=now)
        projects = {*project_ids, *self._known_projects()}
        for project_id in sorted(projects):
            keys = [
                self._sealed.full_key(stream_key(project_id)),
                self._sealed.full_key(_PROJECTS),
            ]
            self._write_gap(keys, self._common_arguments(project_id, event))
            self.on_write(project_id)
        return len(projects)

    def _known_projects(self) -> list[str]:
        oldest = self.now() - int(self._age * 1000)
        projects = self._sealed.full_key(_PROJECTS)
        self._sealed.client.zremrangebyscore(projects, 0, oldest)
        return [project_id.decode() for project_id in self._sealed.client.zrange(projects, 0, -1)]

    # Reading

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
            [self._sealed.full_key(key) for key in (stream, _EPOCH, FOLLOWED, _PROJECTS)],
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

    def newest_position(self, project_id: str) -> str:
        """The position of a project's newest event, ``0-0`` without events. One Redis command."""
        with self._reading():
            key = self._sealed.full_key(stream_key(project_id))
            entries = self._sealed.client.xrevrange(key, count=1)
            return entries[0][0].decode() if entries else "0-0"

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

    # New events, as they are written

    def subscribe(self) -> Subscription:
        """Subscribe to the new events of all projects."""
        pubsub = self._sealed.client.pubsub()
        try:
            with self._reading():
                pubsub.subscribe(self._sealed.full_key(_CHANNEL))
                # Events are delivered from the confirmation on.
                confirmation = pubsub.get_message(timeout=self._timeout)
                if confirmation is None:
                    raise redis.TimeoutError
                if confirmation["type"] != "subscribe":
                    raise redis.InvalidResponse
        except StoreUnavailable:
            pubsub.close()
            raise
        return Subscription(pubsub)

    def opened(self, message: bytes) -> tuple[str, Entry] | None:
        """The project and the entry in a message of the channel; None if it is unreadable."""
        try:
            project, entry_id, sealed = message.split(b" ", 2)
            project_id, position = project.decode(), Position.of(entry_id)
        except ValueError:
            LOG.warning("Ignored a message in Redis that no worker can have written")
            return None
        event = self._opened(stream_key(project_id), sealed)
        return None if event is None else (project_id, (position, event))


def create(conf: cfg.ConfigOpts) -> EventStream | None:
    """The streams in the Redis of [redis]; None without Redis."""
    redis_server = sealed.connect(conf)
    if redis_server is None:
        return None
    options = conf.history
    return EventStream(
        redis_server,
        Outage(conf.redis.retry_after),
        length=options.stream_length,
        age=float(options.stream_hours) * 3600,
        timeout=conf.redis.timeout,
    )


def _ignore(_project_id: str) -> None:
    """Do nothing after a write."""


def _field(fields: Any, name: bytes) -> bytes:
    """A field of an entry: a script returns a list, a command a dictionary."""
    if isinstance(fields, dict):
        value: bytes = fields[name]
        return value
    return bytes(fields[fields.index(name) + 1])
