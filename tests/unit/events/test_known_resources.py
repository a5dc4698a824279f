# SPDX-License-Identifier: Apache-2.0
"""The known resources: those with an event or a sighting, until their deletion is recorded."""

import time

import pytest

from kic_vm.events.model import INSTANCE, VOLUME, Sighting
from kic_vm.events.stream import EventStream
from tests.unit.events.conftest import OTHER_PROJECT, PROJECT, sighting, stream_in
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

FIRST, SECOND = (f"2026-11-27T10:00:0{second}Z" for second in range(2))


def known(stream: EventStream, *except_ids: str) -> dict[str | None, Sighting]:
    sightings, _is_complete = stream.known.read(INSTANCE, except_ids)
    return {sighting.event.id: sighting for sighting in sightings}


def test_last_state(stream: EventStream) -> None:
    """A resource is known with its last state, whether or not that was a change."""
    stream.record([sighting("Active", FIRST, instance_id="i")])
    seen = sighting(
        "Error",
        FIRST,
        project_id=OTHER_PROJECT,
        instance_id="j",
        read_began=stream.now(),
        is_change=False,
    )
    stream.record([seen])
    stream.record([sighting("Stopped", SECOND, instance_id="i")])
    found = known(stream)
    assert found.keys() == {"i", "j"}
    assert (found["i"].project_id, found["i"].event.state) == (PROJECT, "Stopped")
    assert (found["j"].project_id, found["j"].event.state) == (OTHER_PROJECT, "Error")
    assert known(stream, "i").keys() == {"j"}
    assert stream.known.read(VOLUME, ()) == ([], False)


def test_deletion(stream: EventStream, server: FakeRedis) -> None:
    """A deleted resource is not known any more, and nothing makes it known again."""
    stream.record([sighting("Active", FIRST)])
    stream.record([sighting("Deleting", SECOND, deleted=True)])
    assert known(stream) == {}
    stream.record([sighting("Active", SECOND), sighting("Active", FIRST)])
    stream.record([sighting("Active", SECOND, read_began=stream.now())])
    assert known(stream) == {}


def test_deletion_by_an_older_worker(stream: EventStream, server: FakeRedis) -> None:
    """During an upgrade, a worker may record deletions and not know of the known resources."""
    stream.record([sighting("Active", FIRST)])
    value = server.hget("p:events:known:instance", "i")
    stream.record([sighting("Deleting", SECOND, deleted=True)])
    assert value is not None
    server.hset("p:events:known:instance", "i", value)
    stream.record([sighting("Deleting", None, read_began=stream.now(), deleted=True)])
    assert known(stream) == {}


def test_all(stream: EventStream) -> None:
    """Only a hash that was complete once is complete."""
    stream.record([sighting("Active", FIRST)])
    assert not stream.known.read(INSTANCE, ())[1]
    stream.known.note_all(INSTANCE)
    stream.known.note_all(VOLUME)
    assert stream.known.read(INSTANCE, ())[1]
    assert stream.known.read(VOLUME, ()) == ([], True)


def test_many(stream: EventStream) -> None:
    """The resources are read in pages."""
    ids = {f"i{number}" for number in range(1000)}
    stream.record(sighting("Active", FIRST, instance_id=instance_id) for instance_id in ids)
    assert known(stream).keys() == ids


@pytest.mark.parametrize(("secrets", "count"), [(("new", SECRET), 1), (("new",), 0)])
def test_new_secret(
    stream: EventStream, server: FakeRedis, secrets: tuple[str, ...], count: int
) -> None:
    """A resource that was recorded with an unknown secret is missing."""
    stream.record([sighting("Active", FIRST)])
    stream.known.note_all(INSTANCE)
    later = stream_in(server, *secrets)
    sightings, is_complete = later.known.read(INSTANCE, ())
    assert (len(sightings), is_complete) == (count, bool(count))
    assert later.known.read(INSTANCE, ())[1] is is_complete
    later.known.note_all(INSTANCE)
    assert later.known.read(INSTANCE, ())[1]


def test_age(server: FakeRedis) -> None:
    """What nobody writes any more expires."""
    stream = stream_in(server, age=0.05)
    stream.record([sighting("Active", FIRST)])
    stream.known.note_all(VOLUME)
    time.sleep(0.1)
    assert server.keys("p:events:known:*") == []
