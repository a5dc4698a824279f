# SPDX-License-Identifier: Apache-2.0
"""The event feed on the real services: two workers follow, and clients of each persona read."""

import http.client
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.functional.client import Client, Gateway
from tests.functional.following import EVENTS, Start, begin, workers
from tests.functional.instances import Instances
from tests.functional.test_resize import command
from tests.functional.volumes import Volumes

JSON = dict[str, Any]


@pytest.fixture
def start_worker(standalone: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a worker that follows for the gateway of the tests."""
    with workers(standalone / "kic-vm.conf", tmp_path) as start:
        yield start


class Feed:
    """The events that a client gets after its cursor."""

    def __init__(self, client: Client, cursor: str) -> None:
        self.events: list[JSON] = []
        self._client = client
        self._cursor = cursor

    def read_until(self, is_last: Callable[[JSON], bool], within: float = 90) -> None:
        """Read until an event comes."""
        end = time.monotonic() + within
        while not any(is_last(event) for event in self.events):
            assert time.monotonic() < end, self.events
            body = self._client.get(EVENTS, after=self._cursor, wait=5)
            self.events += body["events"]
            self._cursor = body["cursor"]

    def states_of(self, resource_id: str) -> list[str]:
        """The states of one resource, in order."""
        return [event["state"] for event in self.events if event["id"] == resource_id]


def test_life_of_an_instance(
    member: Client,
    persona: Callable[[str], Client],
    instances: Instances,
    start_worker: Start,
) -> None:
    """Two workers follow, and each state comes once and in order; other projects see nothing."""
    for _number in range(2):
        start_worker()
    cursor = begin(member)
    feeds = [Feed(client, cursor) for client in (member, persona("kic-reader"))]
    instance_id, _seen = instances.make_active()
    for feed in feeds:
        feed.read_until(lambda event: event["id"] == instance_id and event["state"] == "Active")
    command(member, instance_id, "stop")
    for feed in feeds:
        feed.read_until(lambda event: event["id"] == instance_id and event["state"] == "Stopped")
    instances.remove(instance_id)
    for feed in feeds:
        feed.read_until(lambda event: event["id"] == instance_id and event["deleted"])
        states = feed.states_of(instance_id)
        assert all(one != other for one, other in itertools.pairwise(states[:-1])), states
        order = [states.index(state) for state in ("Active", "Stopped", "Deleting")]
        assert order == sorted(order)
        billed = {
            event["state"]: event["billable"] for event in feed.events if event["id"] == instance_id
        }
        assert (billed["Active"], billed["Deleting"]) == (True, False)
        assert {event["type"] for event in feed.events} >= {"instance", "volume"}
    assert feeds[0].states_of(instance_id) == feeds[1].states_of(instance_id)
    others = persona("kic-other").get(EVENTS, after="oldest")["events"]
    mine = {event["id"] for event in feeds[0].events}
    assert not mine & {event["id"] for event in others if event["type"] != "gap"}


def test_usage_of_a_deleted_volume(member: Client, volumes: Volumes, start_worker: Start) -> None:
    """A deleted volume has its observed seconds with each size, and none unknown."""
    start_worker()
    feed = Feed(member, begin(member))
    volume_id = volumes.make_available()
    time.sleep(2)
    volumes.extend(volume_id, 2)
    volumes.watch(volume_id, "available")
    time.sleep(2)
    assert member.delete(f"/api/v1/volumes/{volume_id}") == 202
    feed.read_until(lambda event: event["id"] == volume_id and event["deleted"])
    (shown,) = (
        volume
        for volume in member.get("/api/v1/usage")["usage"]["volumes"]
        if volume["id"] == volume_id
    )
    assert (shown["state"], shown["size"], shown["deleted"]) == ("Deleting", 2, True)
    assert shown["unknown_seconds"] == 0
    active = {
        item["size"]: item["seconds"] for item in shown["states"] if item["state"] == "Active"
    }
    assert active.keys() == {1, 2}
    assert min(active.values()) >= 1
    assert shown["gib_seconds"] == sum(item["seconds"] * item["size"] for item in shown["states"])


def test_killed_worker(member: Client, start_worker: Start) -> None:
    """After an absence of all workers, a gap says since when."""
    worker = start_worker()
    feed = Feed(member, begin(member))
    worker.kill()
    worker.wait()
    killed_at = member.get(EVENTS)["followed_at"]
    # The lease of the killed worker ends after ten seconds.
    start_worker()
    feed.read_until(lambda event: event["type"] == "gap")
    gap = next(event for event in feed.events if event["type"] == "gap")
    assert gap["at"] == killed_at
    assert gap["seen_at"] > killed_at


def test_stream(member: Client, instances: Instances, start_worker: Start) -> None:
    """Server-sent events come while the connection is open."""
    start_worker()
    cursor = begin(member)
    headers = {"X-Auth-Token": str(member.token), "Accept": "text/event-stream"}
    with requests.get(
        f"{member.url}{EVENTS}?after={cursor}", headers=headers, stream=True, timeout=60
    ) as response:
        instance_id = instances.make()
        for line in response.iter_lines():
            if line.startswith(b"data: ") and instance_id.encode() in line:
                break


def test_many_waiting_clients(gateway: Gateway, member: Client) -> None:
    """Waiting clients hold no thread of the gateway."""
    cursor = member.get(EVENTS)["cursor"]
    clients = []
    for _number in range(200):
        client = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        path = f"{EVENTS}?after={cursor}&wait=10"
        client.request("GET", path, headers={"X-Auth-Token": str(member.token)})
        clients.append(client)
    assert member.get("/healthcheck")["status"] == "ok"
    for client in clients:
        response = client.getresponse()
        assert (response.status, json.loads(response.read())["events"]) == (200, [])
        client.close()
