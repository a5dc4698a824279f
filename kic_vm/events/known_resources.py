# SPDX-License-Identifier: Apache-2.0
"""The resources that exist, as the followers have seen them: a hash in Redis for each type.

No list shows the deletion of a volume. A follower notices it because it knows the volume, and one
that takes over must know it as well. Redis may lose a hash at any time and begins a new one with
the next event. So a hash says itself that it has all resources.
"""

from collections.abc import Container, Iterator
from typing import Final

import redis

from kic_vm.cache.sealed import SealedRedis, UnreadableError
from kic_vm.cache.store import failures_reported
from kic_vm.events.model import Event, Sighting, stream_key

# The field of a hash that has all resources.
_ALL: Final = b""
_PAGE: Final = 200


class KnownResources:
    """The known resources of all projects. The script that writes an event also changes them.

    Methods that use Redis raise StoreUnavailable when it fails.

    :param age: seconds for which a hash is kept after its last change
    """

    def __init__(self, sealed: SealedRedis, age: float) -> None:
        self._sealed = sealed
        self._age = age

    def key(self, resource_type: str) -> str:
        """The full key of a type's hash. It has ``project sealed-event`` for each resource id."""
        return self._sealed.full_key(f"events:known:{resource_type}")

    @failures_reported()
    def read(self, resource_type: str, known_ids: Container[str]) -> tuple[list[Sighting], bool]:
        """The last sightings of all other resources than those with the known ids.

        The second result says whether no resource can be missing. An entry that cannot be read is
        deleted, because its resource stays unknown.
        """
        sightings = []
        unreadable = set()
        is_complete = False
        for field, value in self._entries(resource_type):
            if field == _ALL:
                is_complete = True
            elif field.decode(errors="replace") not in known_ids:
                try:
                    sightings.append(self._opened(value))
                except (UnreadableError, ValueError, TypeError):
                    unreadable.add(field)
        if unreadable:
            # In one step: without these entries, the hash does not have all resources.
            self._sealed.client.hdel(self.key(resource_type), _ALL, *unreadable)
        return sightings, is_complete and not unreadable

    def _entries(self, resource_type: str) -> Iterator[tuple[bytes, bytes]]:
        """The entries of a hash; some can come twice."""
        cursor, earlier = 0, {0}
        while True:
            cursor, page = self._sealed.client.hscan(self.key(resource_type), cursor, count=_PAGE)
            yield from page.items()
            if cursor == 0:
                return
            if cursor in earlier:  # it would never end
                raise redis.InvalidResponse
            earlier.add(cursor)

    def _opened(self, value: bytes) -> Sighting:
        project, sealed = value.split(b" ", 1)
        project_id = project.decode()
        event = Event.from_bytes(self._sealed.open(stream_key(project_id), sealed)[0])
        return Sighting(project_id, event)

    @failures_reported()
    def note_all(self, resource_type: str) -> None:
        """Note that all resources of a type that exist have been recorded."""
        key = self.key(resource_type)
        self._sealed.client.hset(key, _ALL, b"1")
        self._sealed.client.pexpire(key, int(self._age * 1000))
