# SPDX-License-Identifier: Apache-2.0
"""A follower that takes over knows what the last one knew; otherwise there is a gap."""

from collections.abc import Callable

import pytest

from kic_vm.events.model import INSTANCE, VOLUME
from kic_vm.events.stream import EventStream
from kic_vm.operations.worker.follower.follower import Follower
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.follower.conftest import (
    OTHER_PROJECT,
    PROJECT,
    ChangingCloud,
    RedisSteps,
    events,
    read_all,
    states,
)

LEASE = "kic-vm:events:follower"
KNOWN = "kic-vm:events:known:"
Start = Callable[[], Follower]


def deleted(stream: EventStream) -> set[str | None]:
    """The ids of the resources whose deletion is an event."""
    return {event.id for event in events(stream) if event.deleted}


@pytest.fixture
def changing(changing: ChangingCloud) -> ChangingCloud:
    """Resources whose deletion is in no list."""
    changing.set_server("building", "building", "scheduling", has_time=False)
    changing.set_server("shelved", "shelved_offloaded")
    changing.set_server("kept", "active")
    for volume_id, status in (("v", "available"), ("w", "deleting"), ("kept-v", "in-use")):
        changing.set_volume(volume_id, status)
    return changing


@pytest.fixture
def first(start_follower: Start, changing: ChangingCloud) -> Follower:
    """A follower that knows all resources."""
    follower = start_follower()
    assert follower.tick()
    return follower


def delete_resources(changing: ChangingCloud) -> None:
    for server_id in ("building", "shelved"):
        changing.remove_server(server_id)
    for volume_id in ("v", "w"):
        del changing.volumes[volume_id]


GONE = {"building", "shelved", "v", "w"}


@pytest.mark.parametrize("is_killed", [False, True])
def test_new_follower(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    store: FakeRedis,
    is_killed: bool,
) -> None:
    """What was deleted between two followers is recorded at once, without a gap."""
    if is_killed:
        store.look("DEL", LEASE)
    else:
        first.stop()
    delete_resources(changing)
    second = start_follower()
    assert second.tick()
    assert deleted(stream) == GONE
    assert [event.type for event in events(stream)].count("gap") == 1
    read_all(second)
    second.tick()
    assert len([event for event in events(stream) if event.deleted]) == len(GONE)


def test_waiting_follower(
    start_follower: Start, changing: ChangingCloud, stream: EventStream
) -> None:
    """A follower that has followed before learns what it missed in the meantime."""
    first, second = start_follower(), start_follower()
    second.tick()
    second.stop()
    changing.set_volume("new", "available")
    changing.set_server("new", "shelved_offloaded")
    first.tick()
    first.stop()
    delete_resources(changing)
    changing.remove_server("new")
    del changing.volumes["new"]
    changing.cloud.forget()
    assert second.tick()
    lists = [call for call in changing.cloud.calls() if "/detail" in call]
    assert len(lists) == 3  # no complete lists: followers could take over from each other at each
    read_all(second)
    second.tick()
    assert deleted(stream) == GONE | {"new"}


def test_forgotten_deletion(
    start_follower: Start, first: Follower, changing: ChangingCloud, stream: EventStream
) -> None:
    """A resource whose deletion is recorded is not known any more."""
    delete_resources(changing)
    read_all(first)
    first.tick()
    assert deleted(stream) == GONE
    first.stop()
    changing.cloud.forget()
    start_follower().tick()
    assert not [call for call in changing.cloud.calls() if call.endswith(("/v", "/shelved"))]


@pytest.mark.parametrize("resource_type", [INSTANCE, VOLUME])
@pytest.mark.parametrize("is_refilled", [False, True])
def test_evicted(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    store: FakeRedis,
    resource_type: str,
    is_refilled: bool,
) -> None:
    """If Redis has lost what was known, a new follower writes a gap, for once."""
    store.look("DEL", f"{KNOWN}{resource_type}")
    if is_refilled:
        changing.set_server("kept", "stopped")
        changing.set_volume("kept-v", "available")
        first.tick()
    first.stop()
    delete_resources(changing)
    for _start in range(2):
        follower = start_follower()
        follower.tick()
        follower.stop()
    gaps = [event for event in events(stream) if event.type == "gap"]
    assert len(gaps) == 2
    assert gaps[1].at is not None


def test_known_again(
    start_follower: Start, first: Follower, stream: EventStream, store: FakeRedis
) -> None:
    """The next complete list restores what Redis has lost."""
    store.look("DEL", f"{KNOWN}{VOLUME}")
    read_all(first)
    first.tick()
    first.stop()
    start_follower().tick()
    assert states(stream).count("gap") == 1


@pytest.mark.parametrize("foreign", [b"", b"x", PROJECT.encode() + b" x", b"\xff \xff"])
def test_foreign_entry(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    store: FakeRedis,
    foreign: bytes,
) -> None:
    """An entry that no follower wrote is no knowledge: it is a gap, for once."""
    first.stop()
    store.look("HSET", f"{KNOWN}{VOLUME}", "v", foreign)
    for _start in range(2):
        follower = start_follower()
        follower.tick()
        follower.stop()
    assert states(stream).count("gap") == 2


def test_entry_of_another_project(
    start_follower: Start, first: Follower, changing: ChangingCloud, stream: EventStream
) -> None:
    """The project of an entry is sealed with it."""
    first.stop()
    client = stream._sealed.client
    value = client.hget(f"{KNOWN}{VOLUME}", "v")
    assert value is not None
    forged = OTHER_PROJECT.encode() + value[len(PROJECT) :]
    client.hset(f"{KNOWN}{VOLUME}", "v", forged)
    delete_resources(changing)
    start_follower().tick()
    assert not [event for event in events(stream, OTHER_PROJECT) if event.deleted]


@pytest.mark.parametrize("is_performed", [True, False])
@pytest.mark.parametrize("step", range(14))
def test_redis_fails_at_the_takeover(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    redis_steps: RedisSteps,
    step: int,
    is_performed: bool,
) -> None:
    """Whichever step of it Redis fails at, the deletions are recorded, or there is a gap."""
    first.stop()
    delete_resources(changing)
    second = start_follower()
    with redis_steps.failing(step, is_performed=is_performed):
        second._try_tick()
    second.stop()
    third = start_follower()
    assert third.tick()
    assert deleted(stream) == GONE
    assert states(stream).count("gap") == 1


@pytest.mark.parametrize("is_performed", [True, False])
@pytest.mark.parametrize("step", range(17))
def test_redis_fails_at_the_gap(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    store: FakeRedis,
    redis_steps: RedisSteps,
    step: int,
    is_performed: bool,
) -> None:
    """A follower that cannot read an entry writes a gap, or the next one does."""
    first.stop()
    store.look("HSET", f"{KNOWN}{VOLUME}", "v", b"x")
    delete_resources(changing)
    second = start_follower()
    with redis_steps.failing(step, is_performed=is_performed):
        second._try_tick()
    second.stop()
    start_follower().tick()
    assert deleted(stream) == GONE - {"v"}
    assert states(stream).count("gap") >= 2


def test_cinder_fails_at_the_takeover(
    start_follower: Start,
    first: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    store: FakeRedis,
) -> None:
    """As long as there is a gap to be written, no follower knows everything."""
    store.look("DEL", f"{KNOWN}{INSTANCE}")
    first.stop()
    changing.cloud.answer("GET", "cinder", "/volumes/detail", {}, 500)
    second = start_follower()
    second.tick()
    second.stop()
    assert states(stream).count("gap") == 1
    changing.cloud.answer("GET", "cinder", "/volumes/detail", json=changing._list_volumes)
    start_follower().tick()
    assert states(stream).count("gap") == 2


def test_secrecy(first: Follower, store: FakeRedis) -> None:
    """Nobody can read in Redis which resources have which names and states."""
    for resource_type in (INSTANCE, VOLUME):
        values = store.look("HGETALL", f"{KNOWN}{resource_type}").values()
        assert len(values) == 4
        assert not [value for value in values if b'"' in value]
