# SPDX-License-Identifier: Apache-2.0
"""The feed of state changes, read from Redis."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.events.stream import EventStream
from kic_vm.operations.events import EventFilter
from tests.unit import personas
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.events.conftest import sighting
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]
EVENTS = "/api/v1/events"
INSTANCE = "11111111-79d8-4fac-972d-2c98044d8678"
TIMES = [f"2026-11-27T10:00:0{second}Z" for second in range(5)]


@pytest.fixture
def options() -> str:
    return f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\nretry_after = 0\n"


def project_of(persona: str) -> str:
    token = personas.TOKENS[persona]
    assert token
    project_id: str = token["token"]["project"]["id"]
    return project_id


def record(stream: EventStream, persona: str, *states: str, instance_id: str = INSTANCE) -> None:
    """The states of an instance in a persona's project, one after the other."""
    stream.record(
        sighting(state, at, project_id=project_of(persona), instance_id=instance_id)
        for state, at in zip(states, TIMES, strict=False)
    )


def states(body: JSON) -> list[str | None]:
    return [event["state"] for event in body["events"]]


def get(caller: Caller, **query: str) -> JSON:
    response = caller.get(EVENTS, query_string=query)
    assert response.status_code == 200, response.text
    body: JSON = response.json
    return body


def test_feed(reader: Caller, stream: EventStream, cloud: Cloud) -> None:
    """A reader gets a cursor, then the events after it. OpenStack is not called."""
    first = get(reader)
    assert first["events"] == []
    record(stream, "reader", "Active", "Stopped")
    second = get(reader, after=first["cursor"])
    assert states(second) == ["Active", "Stopped"]
    assert second["events"][0] | {"cursor": ""} == {
        "cursor": "",
        "type": "instance",
        "id": INSTANCE,
        "name": "confidential",
        "state": "Active",
        "billable": True,
        "at": TIMES[0],
        "seen_at": "2026-11-27T10:00:00Z",
        "flavor_id": None,
        "size": None,
        "deleted": False,
    }
    assert states(get(reader, after=second["events"][0]["cursor"])) == ["Stopped"]
    assert get(reader, after=second["cursor"])["events"] == []
    assert states(get(reader, after="oldest")) == ["Active", "Stopped"]
    assert cloud.calls() == []


def test_other_project(caller: Callable[[str], Caller], stream: EventStream) -> None:
    """The events of another project are not shown, whatever the cursor and the filters are."""
    record(stream, "member", "Active")
    cursor = get(caller("member"), after="oldest")["events"][0]["cursor"]
    for query in ({"after": "oldest"}, {"after": cursor}, {"instance_id": INSTANCE}):
        assert get(caller("other"), **query)["events"] == []


def test_filters(reader: Caller, stream: EventStream) -> None:
    """Filters leave out other resources, but never a gap."""
    record(stream, "reader", "Active")
    record(stream, "reader", "Stopped", instance_id="22222222-79d8-4fac-972d-2c98044d8678")
    stream.record_gap([], None)
    assert states(get(reader, after="oldest", instance_id=INSTANCE)) == ["Active", None]
    assert states(get(reader, after="oldest", type="volume")) == [None]
    body = get(reader, after="oldest", type="instance")
    assert [event["type"] for event in body["events"]] == ["instance", "instance", "gap"]


def test_expired_cursor(reader: Caller, stream: EventStream, store: FakeRedis) -> None:
    """A cursor whose events are gone is refused, so that the client lists again."""
    cursor = get(reader)["cursor"]
    store.flushall()
    refusal(reader.get(EVENTS, query_string={"after": cursor}), 410, "cursor_expired")
    refusal(
        reader.get(EVENTS, headers={"Accept": "text/event-stream", "Last-Event-ID": cursor}),
        410,
        "cursor_expired",
    )


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"wait": "31"}, {"type": "gap"}, {"instance_id": "x"}, {"x": "y"}]
)
def test_wrong_query(reader: Caller, query: dict[str, str]) -> None:
    """A wrong parameter is named."""
    response = reader.get(EVENTS, query_string=query)
    refusal(response, 400, "invalid_request")
    assert next(iter(query)) in response.json["error"]["message"]


def test_wrong_last_event_id(reader: Caller) -> None:
    """A wrong header is named."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "x"}
    response = reader.get(EVENTS, headers=headers)
    refusal(response, 400, "invalid_request")
    assert "Last-Event-ID" in response.json["error"]["message"]


def test_redis_away(reader: Caller, store: FakeRedis) -> None:
    """Without its Redis, the feed says that it cannot be read at the moment."""
    get(reader)
    store.is_down = True
    response = reader.get(EVENTS)
    refusal(response, 503, "events_unavailable")
    assert response.headers["Retry-After"] == "1"
    store.is_down = False
    get(reader)


def test_server_that_cannot_wait(reader: Caller) -> None:
    """Another WSGI server gets an answer at once, with a hint to pause."""
    response = reader.get(EVENTS, query_string={"wait": "30"})
    assert response.headers["Retry-After"] == "1"
    assert response.json["events"] == []


def test_stream_of_other_server(reader: Caller, stream: EventStream) -> None:
    """There, a stream has the present events, and ends."""
    record(stream, "reader", "Active", "Stopped")
    headers = {"Accept": "text/event-stream"}
    response = reader.get(EVENTS, query_string={"after": "oldest"}, headers=headers)
    assert response.content_type.startswith("text/event-stream")
    lines = response.text.splitlines()
    first, second = (line for line in lines if line.startswith("id: "))
    assert '"state":"Stopped"' in lines[lines.index(second) + 1]
    headers["Last-Event-ID"] = first.removeprefix("id: ")
    assert "Active" not in reader.get(EVENTS, headers=headers).text


def test_filter() -> None:
    """Both conditions must hold."""
    event = sighting("Active", None).event
    assert EventFilter("i", "instance")(event)
    assert not EventFilter("i", "volume")(event)
