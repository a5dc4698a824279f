# SPDX-License-Identifier: Apache-2.0
"""Clients that wait for events, in front of the whole gateway with one thread."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm.cache.store import StoreUnavailable
from kic_vm.events import stream as event_stream
from kic_vm.events.stream import EventStream
from kic_vm.events.subscription import Subscription
from kic_vm.server.connection import Phase
from tests.unit import personas
from tests.unit.cloud import Cloud
from tests.unit.events.conftest import sighting
from tests.unit.fake_redis import FakeRedis
from tests.unit.metrics.samples import sample
from tests.unit.personas import token_of
from tests.unit.server.conftest import RunningServer, StartServer, wait_for

FIRST, SECOND = "2026-11-27T10:00:00Z", "2026-11-27T10:00:01Z"


@pytest.fixture
def options() -> str:
    return (
        f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"
        "[history]\nwaiting_requests = 3\n"
    )


@pytest.fixture
def stream(conf: cfg.ConfigOpts, store: FakeRedis) -> EventStream:
    found = event_stream.create(conf)
    assert found is not None
    return found


@pytest.fixture
def server(application: Any, cloud: Cloud, start_server: StartServer) -> Iterator[RunningServer]:
    """The gateway, at the beginning of a test without waiting requests."""
    before = waiting()
    yield start_server(application)
    wait_for(lambda: waiting() == before)


def waiting() -> float:
    return sample("kic_vm_event_requests_waiting")


def send(server: RunningServer, persona: str, query: str, accept: str = "*/*") -> socket.socket:
    connection = server.connect()
    connection.sendall(
        f"GET /api/v1/events?{query} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n"
        f"X-Auth-Token: {token_of(persona)}\r\n\r\n".encode()
    )
    return connection


def answer(connection: socket.socket) -> tuple[http.client.HTTPResponse, Any]:
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = json.loads(response.read())
    connection.close()
    return response, body


def record(stream: EventStream, persona: str, state: str, at: str) -> None:
    token = personas.TOKENS[persona]
    assert token
    project_id = token["token"]["project"]["id"]
    stream.record([sighting(state, at, project_id=project_id, instance_id=persona)])


def test_waiting_clients(server: RunningServer, stream: EventStream) -> None:
    """Each of them gets the next event of its own project; the next request continues there."""
    mine, others = send(server, "reader", "wait=30"), send(server, "other", "wait=30")
    for connection in (mine, others):
        server.wait_until(connection, Phase.HELD)
    record(stream, "reader", "Active", FIRST)
    response, body = answer(mine)
    assert response.status == 200
    assert response.headers["X-Openstack-Request-Id"]
    assert (response.headers["Cache-Control"], response.headers["ETag"]) == ("no-store", None)
    assert [event["state"] for event in body["events"]] == ["Active"]
    record(stream, "reader", "Stopped", SECOND)
    _response, body = answer(send(server, "reader", f"wait=30&after={body['cursor']}"))
    assert [event["state"] for event in body["events"]] == ["Stopped"]
    record(stream, "other", "Error", FIRST)
    assert [event["state"] for event in answer(others)[1]["events"]] == ["Error"]


def test_filters_of_a_waiting_client(server: RunningServer, stream: EventStream) -> None:
    """It keeps waiting when an event does not match, and its cursor is after this event."""
    connection = send(server, "reader", "wait=30&type=volume")
    # When another client has the second event, the first one has come to all.
    for state, at in (("Active", FIRST), ("Stopped", SECOND)):
        another = send(server, "reader", "wait=30")
        server.wait_until(another, Phase.HELD)
        record(stream, "reader", state, at)
        assert [event["state"] for event in answer(another)[1]["events"]] == [state]
    server.wait_until(connection, Phase.HELD)
    server.let_pass(30)
    _response, body = answer(connection)
    assert body["events"] == []
    later = answer(send(server, "reader", f"after={body['cursor']}"))[1]["events"]
    assert "Active" not in [event["state"] for event in later]


def test_too_many_waiting_clients(server: RunningServer) -> None:
    """One more is answered at once, and told to pause."""
    connections = [send(server, "reader", "wait=30") for _number in range(3)]
    for connection in connections:
        server.wait_until(connection, Phase.HELD)
    response, body = answer(send(server, "reader", "wait=30"))
    assert (response.headers["Retry-After"], body["events"]) == ("1", [])
    for connection in connections:
        connection.close()


def test_stream(server: RunningServer, stream: EventStream) -> None:
    """A stream begins with the events after the cursor, then has each new one."""
    record(stream, "reader", "Active", FIRST)
    with send(server, "reader", "after=oldest", "text/event-stream") as connection:
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.readline() == b"retry: 1000\n"
        first = next_event(response)
        record(stream, "reader", "Stopped", SECOND)
        second = next_event(response)
        assert (first[1]["state"], second[1]["state"]) == ("Active", "Stopped")
        assert first[0] == first[1]["cursor"]
        response.close()


def next_event(response: http.client.HTTPResponse) -> tuple[str, Any]:
    """The id and the data of the next server-sent event."""
    event_id = ""
    while line := response.readline().decode().strip("\n") or "\n":
        name, _colon, value = line.partition(": ")
        if name == "id":
            event_id = value
        elif name == "data":
            return event_id, json.loads(value)
    raise AssertionError


def test_redis_fails_while_clients_wait(
    server: RunningServer, stream: EventStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are answered with the cursor that they have, and ask again."""
    connection = send(server, "reader", "wait=30")
    server.wait_until(connection, Phase.HELD)

    def fail(*_args: Any) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(Subscription, "next_message", fail)
    _response, body = answer(connection)
    assert body["events"] == []
    monkeypatch.undo()
    assert answer(send(server, "reader", f"wait=0&after={body['cursor']}"))[1]["events"] == []
