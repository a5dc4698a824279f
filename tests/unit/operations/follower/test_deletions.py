# SPDX-License-Identifier: Apache-2.0
"""Deletions that no list shows: the follower reports them only on the service's own word."""

from typing import Any

import pytest

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.stream import EventStream
from kic_vm.operations.worker.follower.follower import Follower
from tests.unit.operations.follower.conftest import (
    CINDER_ADMIN,
    NOVA_ADMIN,
    ChangingCloud,
    RedisSteps,
    events,
    read_all,
    states,
)

JSON = dict[str, Any]

# Answers that are not the service's own about the resource.
NO_PROOF = [
    {"status": 404},
    {"status": 404, "text": "<html>Not found: volumes/v, servers/i</html>"},
    {"status": 404, "json": {"itemNotFound": {"code": 404, "message": "Not found."}}},
    {"status": 404, "json": {"error": {"message": "No route to volumes/v or servers/i"}}},
    {"status": 404, "json": ["itemNotFound"]},
    {"status": 500},
]


@pytest.fixture
def vanished(changing: ChangingCloud, follower: Follower) -> ChangingCloud:
    """A server and a volume have been followed, and are in no list any more."""
    follower.tick()
    changing.set_server("i", "building", "scheduling", has_time=False)
    changing.set_volume("v", "deleting")
    follower.tick()
    changing.remove_server("i")
    del changing.volumes["v"]
    changing.cloud.forget()
    return changing


def deleted(stream: EventStream) -> list[str | None]:
    """The ids of the resources whose deletion is an event."""
    return [event.id for event in events(stream) if event.deleted]


@pytest.mark.parametrize("answer", NO_PROOF)
def test_volume_that_is_not_found(
    follower: Follower, vanished: ChangingCloud, stream: EventStream, answer: JSON
) -> None:
    """A volume whose 404 is not Cinder's own is not deleted."""
    vanished.cloud.answer("GET", "cinder", "/volumes/v", **answer)
    follower.tick()
    assert deleted(stream) == ["i"]


@pytest.mark.parametrize("answer", NO_PROOF)
def test_server_that_is_not_found(
    follower: Follower, vanished: ChangingCloud, stream: EventStream, answer: JSON
) -> None:
    """A server whose 404 is not Nova's own is not deleted."""
    vanished.cloud.answer("GET", "nova", "/servers/i", **answer)
    follower.tick()
    assert deleted(stream) == ["v"]


@pytest.mark.parametrize(
    ("service", "path", "seen"), [("nova", NOVA_ADMIN, ["v"]), ("cinder", CINDER_ADMIN, ["i"])]
)
def test_user_without_the_right(
    follower: Follower,
    vanished: ChangingCloud,
    stream: EventStream,
    lines: list[str],
    service: str,
    path: str,
    seen: list[str],
) -> None:
    """A service tells a user who is no admin that resources of other projects do not exist."""
    vanished.cloud.answer("GET", service, path, {}, 403)
    follower.tick()
    assert deleted(stream) == seen
    assert any("is not an admin" in line for line in lines)
    vanished.cloud.answer("GET", service, path, {"servers": [], "services": []})
    follower.tick()
    assert sorted(map(str, deleted(stream))) == ["i", "v"]


def test_calls(follower: Follower, changing: ChangingCloud, stream: EventStream) -> None:
    """Each tick asks once whether the user is an admin, and only if a resource is not found."""
    follower.tick()
    for number in range(3):
        changing.set_server(f"i{number}", "building", "scheduling", has_time=False)
        changing.set_volume(f"v{number}", "deleting")
    follower.tick()
    changing.cloud.forget()
    follower.tick()
    assert not any(path in call for call in changing.cloud.calls() for path in asked())
    for number in range(3):
        changing.remove_server(f"i{number}")
        del changing.volumes[f"v{number}"]
    changing.cloud.forget()
    follower.tick()
    calls = changing.cloud.calls()
    assert [sum(path in call for call in calls) for path in asked()] == [1, 1]
    assert len(deleted(stream)) == 6


@pytest.mark.parametrize("is_performed", [True, False])
@pytest.mark.parametrize("step", range(10))
def test_redis_fails_once(
    follower: Follower,
    vanished: ChangingCloud,
    stream: EventStream,
    redis_steps: RedisSteps,
    step: int,
    is_performed: bool,
) -> None:
    """Whichever step of a tick Redis fails at, the deletions are recorded, each once."""
    with redis_steps.failing(step, is_performed=is_performed):
        follower._try_tick()
    for _tick in range(2):
        assert follower.tick()
    assert sorted(map(str, deleted(stream))) == ["i", "v"]


def test_lost_full_list(
    follower: Follower, changing: ChangingCloud, stream: EventStream, redis_steps: RedisSteps
) -> None:
    """If a complete list could not be recorded, the next tick reads it again."""
    follower.tick()
    changing.set_server("i", "active", has_time=False)
    changing.set_volume("v", "available")
    follower.tick()
    del changing.volumes["v"]
    read_all(follower)
    with redis_steps.failing_writes(), pytest.raises(StoreUnavailable):
        follower.tick()
    follower.tick()
    assert states(stream) == ["Active", "Active", "Deleting"]


def asked() -> tuple[str, str]:
    """What the follower asks to find out whether its user is an admin."""
    return f"GET nova {NOVA_ADMIN}", f"GET cinder {CINDER_ADMIN}"
