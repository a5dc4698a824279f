# SPDX-License-Identifier: Apache-2.0
"""The follower without notifications: what it reads, and what it makes of it."""

import time
from collections.abc import Callable

import pytest

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.stream import EventStream
from kic_vm.operations.worker.follower.follower import Follower
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.follower.conftest import (
    OTHER_PROJECT,
    PROJECT,
    ChangingCloud,
    events,
    read_all,
    states,
)


def test_changes(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """Each change of the documented state is an event of the project; the first state is none."""
    changing.set_server("i", "active")
    changing.set_server("j", "active", project_id=OTHER_PROJECT)
    follower.tick()
    assert states(stream) == ["gap"]
    changing.set_server("i", "active", "powering-off")
    follower.tick()
    changing.set_server("i", "stopped")
    follower.tick()
    follower.tick()
    assert states(stream) == ["gap", "Powering-off", "Stopped"]
    event = events(stream)[-1]
    assert (event.type, event.id, event.name, event.flavor_id) == ("instance", "i", "web", "m1")
    assert event.at == changing.servers["i"]["updated"]
    assert states(stream, OTHER_PROJECT) == ["gap"]


def test_calls(follower: Follower, changing: ChangingCloud) -> None:
    """A tick costs three calls for the whole cloud; the first one lists everything."""
    follower.tick()
    changing.cloud.forget()
    follower.tick()
    calls = [call.partition("?")[0] for call in changing.cloud.calls() if "keystone" not in call]
    assert calls == [
        "GET cinder /volumes/detail",
        "GET nova /servers/detail",
        "GET nova /servers/detail",
    ]


def test_new_server(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """A server that is built is seen although Nova's list of changes does not have it yet."""
    follower.tick()
    changing.set_server("i", "building", "scheduling", has_time=False)
    follower.tick()
    changing.set_server("i", "building", "spawning")
    follower.tick()
    changing.set_server("i", "active")
    follower.tick()
    assert states(stream) == ["Scheduling", "Spawning", "Active"]


def test_deleted_server(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """The deletion is the last event, and not billed."""
    changing.set_server("i", "active")
    follower.tick()
    changing.set_server("i", "active", "deleting")
    follower.tick()
    changing.set_server("i", "deleted")
    follower.tick()
    follower.tick()
    assert states(stream) == ["gap", "Deleting", "Deleting"]
    assert [event.deleted for event in events(stream)] == [False, False, True]
    assert events(stream)[-1].billable is False


def test_server_without_trace(
    follower: Follower, changing: ChangingCloud, stream: EventStream
) -> None:
    """A server that was deleted before it had a host is missed, and Nova confirms its deletion."""
    follower.tick()
    changing.set_server("i", "building", "scheduling", has_time=False)
    follower.tick()
    changing.remove_server("i")
    follower.tick()
    event = events(stream)[-1]
    assert (event.deleted, event.at) == (True, None)


def test_missing_server(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """A server that is missing because its cell is down is not deleted."""
    follower.tick()
    changing.set_server("i", "building", "scheduling", has_time=False)
    follower.tick()
    del changing.servers["i"]
    changing.cloud.answer("GET", "nova", "/servers/i", {}, 500)
    follower.tick()
    assert states(stream) == ["Scheduling"]


def test_volumes(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """Volumes are followed too; Cinder confirms a deletion that no list shows."""
    follower.tick()
    for status in ("creating", "available", "deleting"):
        changing.set_volume("v", status)
        follower.tick()
    del changing.volumes["v"]
    follower.tick()
    assert states(stream) == ["Creating", "Active", "Deleting", "Deleting"]
    assert {event.type for event in events(stream)} == {"volume"}
    assert events(stream)[-1].deleted


def test_extended_volume(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """A volume that was extended between two reads has an event with its new size, once."""
    changing.set_volume("v", "available", size=10)
    follower.tick()
    for _tick in range(2):
        changing.set_volume("v", "available", size=20)
        follower.tick()
    seen = [(event.state, event.size) for event in events(stream) if event.type == "volume"]
    assert seen == [("Active", 20)]


def test_full_list(
    start_follower: Callable[[], Follower],
    changing: ChangingCloud,
    stream: EventStream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The complete list finds what the lists of changes do not have."""
    follower = start_follower()
    follower.tick()
    changing.set_server("i", "active", has_time=False)
    follower.tick()
    assert states(stream) == []
    read_all(follower)
    follower.tick()
    assert states(stream) == ["Active"]


def test_second_follower(
    start_follower: Callable[[], Follower], changing: ChangingCloud, stream: EventStream
) -> None:
    """It waits until the first one stops, goes on at once, and writes nothing twice."""
    first, second = start_follower(), start_follower()
    changing.set_server("i", "active")
    assert first.tick()
    assert not second.tick()
    changing.set_server("i", "stopped")
    first.tick()
    first.stop()
    assert second.tick()
    changing.set_server("i", "active")
    second.tick()
    assert states(stream) == ["gap", "Stopped", "Active"]


def test_gap(
    start_follower: Callable[[], Follower], changing: ChangingCloud, stream: EventStream
) -> None:
    """After an absence, a gap comes before the present state of what has changed."""
    changing.set_server("i", "active")
    first = start_follower()
    first.tick()
    first.stop()
    stream.followers.note_followed(stream.now() - 60_000)
    changing.set_server("i", "stopped")
    changing.set_server("j", "active")
    start_follower().tick()
    assert states(stream) == ["gap", "gap", "Stopped", "Active"]
    gap = events(stream)[1]
    assert gap.at is not None
    assert gap.at < gap.seen_at


def test_cinder_away(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """While Cinder fails, instances are followed; afterwards a gap says what may be missing."""
    changing.set_server("i", "active")
    follower.tick()
    changing.cloud.take_down("cinder")
    changing.set_server("i", "stopped")
    followed = stream.followers.followed_until()
    assert follower.tick()
    assert states(stream) == ["gap", "Stopped"]
    assert stream.followers.followed_until() == followed
    stream.followers.note_followed(stream.now() - 60_000)
    follower._last_end = 0
    assert follower.tick()
    changing.cloud.answer("GET", "cinder", "/volumes/detail", {"volumes": []})
    follower.tick()
    assert states(stream) == ["gap", "Stopped", "gap"]


@pytest.mark.parametrize(
    ("service", "field", "wrong"),
    [
        ("nova", "OS-EXT-STS:vm_state", {}),
        ("nova", "id", {}),
        ("nova", "tenant_id", {}),
        ("nova", "updated", {"updated": "never"}),
        ("cinder", "status", {}),
        ("cinder", "os-vol-tenant-attr:tenant_id", {}),
        ("cinder", "updated_at", {"updated_at": "never"}),
    ],
)
def test_unreadable_answer(
    follower: Follower,
    changing: ChangingCloud,
    stream: EventStream,
    lines: list[str],
    service: str,
    field: str,
    wrong: dict[str, str],
) -> None:
    """A resource that lacks a field, or has a wrong one, ends only the reading of its service."""
    changing.set_server("i", "active")
    changing.set_volume("v", "available")
    follower.tick()
    followed = stream.followers.followed_until()
    resources = {"nova": changing.servers, "cinder": changing.volumes}[service]
    changing.set_server("i", "stopped")
    changing.set_volume("v", "in-use")
    complete = dict(resources)
    for resource_id, resource in resources.items():
        others = {name: resource[name] for name in resource if name != field}
        resources[resource_id] = others | wrong
    follower.follow_once()
    readable, unreadable = ("In-use", "Stopped") if service == "nova" else ("Stopped", "In-use")
    assert states(stream) == ["gap", readable]
    assert stream.followers.followed_until() == followed
    assert any("Could not read the changes" in line and "Traceback" in line for line in lines)
    resources.update(complete)
    follower.follow_once()
    assert states(stream) == ["gap", readable, unreadable]


def test_two_failures(follower: Follower, changing: ChangingCloud, lines: list[str]) -> None:
    """The log names the failures of both services."""
    changing.set_server("i", "active")
    del changing.servers["i"]["OS-EXT-STS:vm_state"]
    changing.cloud.take_down("cinder")
    follower.follow_once()
    assert [line for line in lines if "changes of Nova" in line and "KeyError" in line]
    assert [line for line in lines if "changes of Cinder" in line and "Upstream" in line]


def test_redis_away(
    follower: Follower, changing: ChangingCloud, stream: EventStream, store: FakeRedis
) -> None:
    """The follower goes on after it; if Redis has lost its data, the stream begins with a gap."""
    changing.set_server("i", "active")
    follower.tick()
    store.is_down = True
    with pytest.raises(StoreUnavailable):
        follower.tick()
    store.is_down = False
    store.flushall()
    follower.tick()
    changing.set_server("i", "stopped")
    time.sleep(0.002)
    follower.tick()
    assert states(stream) == ["gap", "Stopped"]
    assert stream.read(PROJECT, None).followed_at is not None
