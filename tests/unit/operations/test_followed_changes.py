# SPDX-License-Identifier: Apache-2.0
"""What the follower's events are used for: known lists are dropped, and histories completed."""

from typing import Any

import pytest
import redis
from oslo_config import cfg
from redis.client import Pipeline

from kic_vm import deploy
from kic_vm.cache.store import StoreUnavailable
from kic_vm.events.stream import EventStream
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.events.conftest import sighting
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import OTHER_PROJECT, PROJECT

BOUND = {"Cache-Control": "max-age=20"}
LIST = "/api/v1/instances"
SHOW = f"/servers/{SERVER['id']}"
CREATED = {
    "created": "2026-11-23T11:18:36Z",
    "updated": "2026-11-23T11:23:13Z",
    "OS-SRV-USG:launched_at": "2026-11-23T11:23:13.000000",
}


@pytest.fixture
def options() -> str:
    return f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"


@pytest.fixture
def stream(conf: cfg.ConfigOpts, store: FakeRedis) -> EventStream:
    """The streams as another process, a worker, writes them."""
    hub = deploy.load_app_state(conf).event_hub
    assert hub is not None
    return hub.stream


def seen(state: str, at: str, project_id: str = PROJECT) -> Any:
    """An observation of the recorded instance."""
    return sighting(state, at, project_id=project_id, instance_id=SERVER["id"])


def reads_of_list(member: Caller, cloud: Cloud) -> int:
    """How many calls to Nova a list makes that may be 20 seconds old."""
    cloud.forget()
    response = member.get(LIST, headers=BOUND)
    assert response.status_code == 200, response.text
    return len([call for call in cloud.calls() if "/servers/detail" in call])


def test_event_drops_lists(member: Caller, populated: Cloud, stream: EventStream) -> None:
    """An event of the project ends the use of its lists in every process; another's does not."""
    assert reads_of_list(member, populated) > 0
    assert reads_of_list(member, populated) == 0
    stream.record([seen("Stopped", "2026-11-27T10:00:00Z", OTHER_PROJECT)])
    assert reads_of_list(member, populated) == 0
    stream.record([seen("Active", "2026-11-27T10:00:01Z")])
    assert reads_of_list(member, populated) > 0
    assert reads_of_list(member, populated) == 0
    stream.record([seen("Active", "2026-11-27T10:00:02Z")])  # no change, so no event
    assert reads_of_list(member, populated) == 0


LOST = [redis.TimeoutError, redis.ConnectionError, redis.InvalidResponse, redis.ResponseError]


@pytest.mark.parametrize("failure", LOST)
def test_lost_answer_drops_lists(
    member: Caller,
    populated: Cloud,
    stream: EventStream,
    monkeypatch: pytest.MonkeyPatch,
    failure: type[redis.RedisError],
) -> None:
    """If Redis wrote an event and its answer was lost, the lists are not used any more either.

    Written again, the event is no change.
    """
    stream.record([seen("Stopped", "2026-11-27T10:00:00Z")])
    assert reads_of_list(member, populated) > 0
    assert reads_of_list(member, populated) == 0
    with monkeypatch.context() as patch:
        lose_answers(patch, failure)
        with pytest.raises(StoreUnavailable):
            stream.record([seen("Active", "2026-11-27T10:00:01Z")])
    assert stream.record([seen("Active", "2026-11-27T10:00:01Z")]) == []
    assert reads_of_list(member, populated) > 0
    assert reads_of_list(member, populated) == 0


def lose_answers(monkeypatch: pytest.MonkeyPatch, failure: type[Exception]) -> None:
    """Have Redis perform what is written, and lose the answers."""
    execute = Pipeline.execute

    def lose(pipeline: Any) -> None:
        execute(pipeline)
        raise failure

    monkeypatch.setattr(Pipeline, "execute", lose)


def test_gap_drops_lists(member: Caller, populated: Cloud, stream: EventStream) -> None:
    """What may have been missed ends the use of the lists too."""
    assert reads_of_list(member, populated) > 0
    stream.record_gap([PROJECT], None)
    assert reads_of_list(member, populated) > 0


def test_history_is_completed(member: Caller, populated: Cloud, stream: EventStream) -> None:
    """A state that no action tells is seen by the follower; after a gap it is unknown."""
    server = SERVER | CREATED | {"updated": "2026-11-26T05:00:00Z"}
    populated.answer("GET", "nova", SHOW, {"server": server})
    stream.record(
        [
            seen("Active", "2026-11-24T00:00:00Z"),
            seen("Error", "2026-11-25T00:00:00Z"),
            seen("Active", "2026-11-25T01:00:00Z"),
            seen("Error", "2026-11-26T00:00:00Z"),
        ]
    )
    stream.record_gap([PROJECT], "2026-11-26T02:00:00Z")
    response = member.get(f"{INSTANCE}/history")
    assert response.status_code == 200, response.text
    newest = [
        (period["state"], period["evidence"], period["started_at"])
        for period in response.json["periods"]
    ]
    assert newest[:6] == [
        ("Active", "observed", "2026-11-26T05:00:00Z"),
        (None, "unknown", "2026-11-26T02:00:00Z"),
        ("Error", "observed", "2026-11-26T00:00:00Z"),
        ("Active", "observed", "2026-11-25T01:00:00Z"),
        ("Error", "observed", "2026-11-25T00:00:00Z"),
        ("Active", "action", "2026-11-23T11:23:13Z"),
    ]


def test_redis_away(
    member: Caller, populated: Cloud, stream: EventStream, store: FakeRedis
) -> None:
    """The history is answered from Nova's record alone."""
    populated.answer("GET", "nova", SHOW, {"server": SERVER | CREATED})
    stream.record([seen("Active", "2026-11-24T00:00:00Z"), seen("Error", "2026-11-25T00:00:00Z")])
    store.is_down = True
    response = member.get(f"{INSTANCE}/history")
    assert response.status_code == 200, response.text
    assert {period["evidence"] for period in response.json["periods"]} == {"action"}
