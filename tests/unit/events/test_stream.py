# SPDX-License-Identifier: Apache-2.0
"""Each change stands in the stream of its project once and in order."""

import time

import orjson
import pytest
import redis

from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.model import Cursor, Position
from kic_vm.events.reader import CursorExpiredError
from kic_vm.events.stream import EventStream
from tests.unit.events.conftest import OTHER_PROJECT, PROJECT, sighting, stream_in
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

FIRST, SECOND, THIRD = (f"2026-11-27T10:00:0{second}Z" for second in range(3))


def states(stream: EventStream, project_id: str = PROJECT) -> list[str | None]:
    """The states in a project's stream."""
    return [event.state for _position, event in stream.read_oldest(project_id).entries]


def test_events_in_order(stream: EventStream) -> None:
    """A reader gets the events after its cursor, each once, and nothing of another project."""
    begin = stream.read(PROJECT, None).cursor
    stream.record([sighting("Active", FIRST), sighting("Stopped", SECOND)])
    stream.record([sighting("Error", FIRST, project_id=OTHER_PROJECT, instance_id="j")])
    page = stream.read(PROJECT, begin)
    assert [event.state for _position, event in page.entries] == ["Active", "Stopped"]
    assert stream.read(PROJECT, page.cursor).entries == []
    first = Cursor(page.entries[0][0], begin.epoch)
    assert [event.state for _, event in stream.read(PROJECT, first).entries] == ["Stopped"]
    assert states(stream, OTHER_PROJECT) == ["Error"]


def test_two_followers(server: FakeRedis) -> None:
    """Two followers that receive the same notifications write each change once."""
    followers = [stream_in(server), stream_in(server)]
    for change in (sighting("Active", FIRST), sighting("Stopped", SECOND)):
        for follower in followers:
            follower.record([change])
    followers[1].record([sighting("Active", FIRST), sighting("Stopped", SECOND)])
    assert states(followers[0]) == ["Active", "Stopped"]


def test_late_notification(stream: EventStream) -> None:
    """A notification that is older than the last event does not change the last state."""
    stream.record([sighting("Active", FIRST), sighting("Active", THIRD)])
    stream.record([sighting("Stopped", SECOND)])
    assert states(stream) == ["Active"]


def test_read_before_the_last_event(stream: EventStream) -> None:
    """A state that was read before the last event was written is not newer than this event."""
    before = stream.now()
    time.sleep(0.002)
    stream.record([sighting("Stopped", SECOND)])
    stream.record([sighting("Active", SECOND, read_began=before)])
    assert states(stream) == ["Stopped"]
    time.sleep(0.002)
    stream.record([sighting("Active", SECOND, read_began=stream.now())])
    assert states(stream) == ["Stopped", "Active"]


def test_nothing_after_deletion(stream: EventStream) -> None:
    """The deletion is the last event of a resource."""
    stream.record([sighting("Deleting", FIRST, deleted=True), sighting("Deleting", THIRD)])
    assert states(stream) == ["Deleting"]


def test_first_state_without_change(stream: EventStream) -> None:
    """A state that is read after a gap is no event, but the next change is one."""
    now = stream.now()
    stream.record([sighting("Active", FIRST, read_began=now, is_change=False)])
    assert states(stream) == []
    stream.record([sighting("Stopped", SECOND, read_began=stream.now(), is_change=False)])
    assert states(stream) == ["Stopped"]


def test_gap(stream: EventStream) -> None:
    """A gap stands in the streams of all known projects."""
    stream.record([sighting("Active", FIRST)])
    stream.record_gap([OTHER_PROJECT], FIRST)
    for project_id in (PROJECT, OTHER_PROJECT):
        _position, event = stream.read_oldest(project_id).entries[-1]
        assert (event.type, event.at, event.id) == ("gap", FIRST, None)


def test_gap_of_a_quiet_project(stream: EventStream) -> None:
    """A client that has read gets the gap, even if its project never had an event."""
    cursor = stream.read(PROJECT, None).cursor
    assert stream.record_gap([], FIRST) == 1
    ((_position, event),) = stream.read(PROJECT, cursor).entries
    assert (event.type, event.at) == ("gap", FIRST)


def test_trimmed_stream(server: FakeRedis) -> None:
    """A cursor before removed events has expired; a later one has not."""
    stream = stream_in(server, length=2)
    begin = stream.read(PROJECT, None).cursor
    stream.record([sighting("Active", FIRST)])
    second = stream.read(PROJECT, begin).cursor
    stream.record([sighting("Stopped", SECOND), sighting("Active", THIRD)])
    assert len(stream.read(PROJECT, second).entries) == 2
    with pytest.raises(CursorExpiredError):
        stream.read(PROJECT, begin)


def test_old_cursor(stream: EventStream) -> None:
    """A cursor that is older than the stream keeps events has expired."""
    epoch = stream.read(PROJECT, None).cursor.epoch
    with pytest.raises(CursorExpiredError):
        stream.read(PROJECT, Cursor(Position(stream.now() - 3_700_000, 0), epoch))


def test_emptied_redis(stream: EventStream, server: FakeRedis) -> None:
    """Every cursor has expired when Redis has lost its data."""
    cursor = stream.read(PROJECT, None).cursor
    server.flushall()
    with pytest.raises(CursorExpiredError):
        stream.read(PROJECT, cursor)


def test_cursor_of_an_idle_project(stream: EventStream) -> None:
    """Each answer without events has a newer cursor, so that a waiting client never expires."""
    first = stream.read(PROJECT, None).cursor
    time.sleep(0.003)
    second = stream.read(PROJECT, first).cursor
    assert second.position > first.position
    stream.record([sighting("Active", FIRST)])
    assert len(stream.read(PROJECT, second).entries) == 1


def test_sealed(stream: EventStream, server: FakeRedis) -> None:
    """Redis contains no readable event, and a forged one is not shown."""
    stream.record([sighting("Active", FIRST)])
    ((_id, fields),) = server.xrange(f"p:events:of:{PROJECT}")
    assert b"confidential" not in fields[b"event"]
    assert b"Active" not in server.values["p:events:last:instance:i"]
    server.xadd(f"p:events:of:{PROJECT}", {"event": b"forged", "after": b"0-0"})
    assert states(stream) == ["Active"]


def test_lease(server: FakeRedis) -> None:
    """One follower at a time has the lease, and keeps it."""
    streams = [stream_in(server), stream_in(server)]
    leases = [stream.followers.lease() for stream in streams]
    assert not streams[0].followers.renew(leases[0], 5)
    assert streams[0].followers.acquire(leases[0], 5)
    assert not streams[1].followers.acquire(leases[1], 5)
    assert streams[0].followers.renew(leases[0], 5)
    streams[0].followers.release(leases[0])
    assert streams[1].followers.acquire(leases[1], 5)
    assert not streams[0].followers.renew(leases[0], 5)


def test_subscription(stream: EventStream, server: FakeRedis) -> None:
    """A subscriber gets each event as it is written."""
    subscription = stream_in(server).subscribe()
    stream.record([sighting("Active", FIRST)])
    message = None
    while message is None:
        message = subscription.next_message(1)
    opened = stream.opened(message)
    assert opened is not None
    project_id, (position, event) = opened
    assert (project_id, event.state) == (PROJECT, "Active")
    assert (position, event) in stream.read_oldest(PROJECT).entries


def test_oldest_events_from_a_slow_redis(
    stream: EventStream, server: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The position of the oldest event does not expire while it is read."""
    stream.record([sighting("Active", FIRST)])
    monkeypatch.setattr(server, "time", lambda: (int(time.time()) - 20, 0))  # 20 s before the read
    assert states(stream) == ["Active"]


def test_event_of_a_newer_worker(stream: EventStream, server: FakeRedis) -> None:
    """During an upgrade, a field that this version does not know is ignored."""
    sealed = SealedRedis(server, "p:", SECRET)
    key = f"events:of:{PROJECT}"
    newer = {**orjson.loads(sighting("Active", FIRST).event.as_bytes()), "new": 1}
    stream.read(PROJECT, None)
    entry = sealed.seal(key, orjson.dumps(newer), 60)
    server.look("XADD", f"p:{key}", "*", "event", entry, "after", "0-0")
    assert states(stream) == ["Active"]


def test_redis_away(stream: EventStream, server: FakeRedis) -> None:
    """Readers and writers get one error."""
    server.is_down = True
    for call in (lambda: stream.read(PROJECT, None), stream.now):
        with pytest.raises(StoreUnavailable):
            call()


@pytest.mark.parametrize(
    "text", ["", "0", "1-1", "1-1.zz", f"1-{2**64}.{'a' * 8}", "1-1.aaaaaaaa\n"]
)
def test_wrong_cursor(text: str) -> None:
    """Other texts are not cursors."""
    with pytest.raises(ValueError, match=r".*"):
        Cursor.parse(text)


def test_digest() -> None:
    """Each deployment has its own digests."""
    client = redis.Redis()
    first, second = (SealedRedis(client, "", secret).digests("x") for secret in ("a", "b"))
    assert first != second
    assert SealedRedis(client, "", "b", "a").digests("x") == second + first


def test_new_secret(stream: EventStream, server: FakeRedis) -> None:
    """A state that was recorded with an older secret is not a change."""
    stream.record([sighting("Active", FIRST)])
    later = stream_in(server, "new", SECRET)
    later.record([sighting("Active", SECOND)])
    assert states(later) == ["Active"]
