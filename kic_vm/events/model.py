# SPDX-License-Identifier: Apache-2.0
"""Events, and the cursors that mark a position between them."""

import dataclasses
import datetime
import re
from typing import Any, Final, Literal, NamedTuple, Self

import orjson

EventType = Literal["instance", "volume", "gap"]

INSTANCE: Final = "instance"
VOLUME: Final = "volume"
GAP: Final = "gap"
TYPES: Final = (INSTANCE, VOLUME, GAP)
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,20})\.([0-9a-f]{8})", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A resource has reached a documented state; or a gap, in which changes may be missing."""

    type: EventType
    id: str | None = None
    """The resource's id; None for a gap, as are the other fields about a resource."""
    name: str | None = None
    state: str | None = None
    """The documented state."""
    billable: bool | None = None
    at: str | None
    """OpenStack's time of the change, None if unknown. For a gap, its start."""
    seen_at: str
    """The time at which the follower saw the change. For a gap, its end."""
    flavor_id: str | None = None
    """Only for instances."""
    size: int | None = None
    """Only for volumes, in GiB; None if unknown."""
    deleted: bool = False
    """The resource was deleted, and this is its last event."""

    def as_bytes(self) -> bytes:
        """The event as stored."""
        return orjson.dumps(dataclasses.asdict(self))

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """The event that was stored as these bytes, without the fields of a newer gateway."""
        names = {field.name for field in dataclasses.fields(cls)}
        fields = orjson.loads(stored)
        return cls(**{name: value for name, value in fields.items() if name in names})

    def as_json(self, cursor: "Cursor") -> dict[str, Any]:
        """The event as clients see it, with the cursor after it."""
        return {"cursor": str(cursor), **dataclasses.asdict(self)}


class Position(NamedTuple):
    """The id of an entry in a Redis stream: milliseconds and a sequence number."""

    milliseconds: int
    number: int

    @classmethod
    def of(cls, entry_id: bytes | str) -> "Position":
        """The position that Redis writes as ``milliseconds-number``."""
        text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
        milliseconds, _hyphen, number = text.partition("-")
        return cls(int(milliseconds), int(number))

    def __str__(self) -> str:
        """The position as Redis writes it."""
        return f"{self.milliseconds}-{self.number}"


class Cursor(NamedTuple):
    """A position in a project's stream. If Redis loses its data, a new epoch starts."""

    position: Position
    epoch: str

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """The cursor in a request.

        :raises ValueError: the text is not a cursor
        """
        matched = _CURSOR.fullmatch(text)
        if matched is None:
            raise ValueError(text)
        milliseconds, number, epoch = matched.groups()
        if int(number) >= 2**64:
            raise ValueError(text)
        return cls(Position(int(milliseconds), int(number)), epoch)

    def __str__(self) -> str:
        """The cursor in responses."""
        return f"{self.position}.{self.epoch}"


@dataclasses.dataclass(frozen=True, slots=True)
class Sighting:
    """A state of a resource that the follower saw. The stream decides whether it is a change."""

    project_id: str
    event: Event
    read_began: int | None = None
    """For a state read from an API: the time in Redis before the read, in milliseconds. None for a
    notification, which is ordered by its own time."""
    is_change: bool = True
    """False if the state of a resource without an earlier event does not count as a change."""

    @property
    def resource(self) -> str:
        """The type and the id of the resource."""
        return f"{self.event.type}:{self.event.id}"


def stream_key(project_id: str) -> str:
    """The key of a project's stream, for which its events are sealed."""
    return f"events:of:{project_id}"


def iso(moment: datetime.datetime) -> str:
    """A time as clients see it: in UTC, with microseconds only if it has any."""
    return moment.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")


def iso_of_milliseconds(milliseconds: int) -> str:
    """A time of Redis as clients see it."""
    return iso(datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC))


def stamp_now() -> str:
    """The time of this process, for events without a time of OpenStack."""
    return iso_of_milliseconds(int(datetime.datetime.now(datetime.UTC).timestamp() * 1000))


def microseconds(stamp: str | None) -> int:
    """A time of OpenStack as a number that can be compared; 0 if it is unknown."""
    if not stamp:
        return 0
    moment = datetime.datetime.fromisoformat(stamp)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return int(moment.timestamp() * 1_000_000)
