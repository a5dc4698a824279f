# SPDX-License-Identifier: Apache-2.0
"""The streams of events: one for each project, in Redis.

A stream is limited in length and age, and its entries are sealed like all values in Redis. Redis
also keeps the last state of each resource. One script compares a state with the last one and writes
an event only for a newer and different state, so several followers never write a change twice.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import redis
from oslo_config import cfg
from oslo_log import log as logging

from kic_vm.cache import sealed
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.store import StoreUnavailable, failures_reported
from kic_vm.events import scripts
from kic_vm.events.known_resources import KnownResources
from kic_vm.events.model import (
    GAP,
    Event,
    Position,
    Sighting,
    iso_of_milliseconds,
    microseconds,
    stream_key,
)
from kic_vm.events.reader import PROJECTS, Entry, EventReader
from kic_vm.events.subscription import Subscription

LOG = logging.getLogger(__name__)

_CHANNEL: Final = "events:new"
_BATCH: Final = 200
# A sealed entry must stay readable for as long as the stream may contain it.
_SEAL_MARGIN: Final = 3600.0


class EventStream(EventReader):
    """Writes and reads the events of all projects.

    Every method raises StoreUnavailable when Redis fails.

    :param length: maximum number of entries of a stream
    :param age: seconds for which a stream keeps its entries
    :param timeout: seconds that Redis may take to confirm a subscription
    """

    def __init__(
        self, sealed: SealedRedis, outage: Outage, *, length: int, age: float, timeout: float
    ) -> None:
        super().__init__(sealed, outage, age=age)
        self._timeout = timeout
        self._length = length
        self.known = KnownResources(sealed, age)
        self._write = sealed.client.register_script(scripts.WRITE_CHANGE)
        self._write_gap = sealed.client.register_script(scripts.WRITE_GAP)
        self.on_write: Callable[[str], None] = _ignore
        """Called with the id of a project after events of it were written, or may have been."""

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
            self._sealed.full_key(PROJECTS),
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
                self._sealed.full_key(PROJECTS),
            ]
            self._write_gap(keys, self._common_arguments(project_id, event))
            self.on_write(project_id)
        return len(projects)

    def _known_projects(self) -> list[str]:
        oldest = self.now() - int(self._age * 1000)
        projects = self._sealed.full_key(PROJECTS)
        self._sealed.client.zremrangebyscore(projects, 0, oldest)
        return [project_id.decode() for project_id in self._sealed.client.zrange(projects, 0, -1)]

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
