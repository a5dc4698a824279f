# SPDX-License-Identifier: Apache-2.0
"""The history and the usage of an instance, compared with what the test itself has polled."""

import datetime
import itertools
import time
from collections.abc import Callable
from typing import Any

from tests.functional.client import Client
from tests.functional.instances import Instances

JSON = dict[str, Any]

# In seconds: Nova's record has whole seconds, and its actions begin or end next to the changes of
# state, not in the same moment.
TOLERANCE = 1.0
WALK = (
    ("stop", "Stopped"),
    ("start", "Active"),
    ("soft-reboot", "Active"),
    ("shelve", "Shelved_offloaded"),
    ("unshelve", "Active"),
    ("resize", "Resized"),
    ("confirm-resize", "Active"),
    ("stop", "Stopped"),
)


class Poller:
    """Polls an instance, and notes when it starts and stops being billed."""

    def __init__(self, client: Client, instance_id: str) -> None:
        self._client = client
        self._path = f"/api/v1/instances/{instance_id}"
        self.edges: list[tuple[float, float, bool]] = []
        """After when and before when each change was, and whether the instance is billed since."""
        self._last_sent_at = 0.0

    def until(self, state: str, within: float = 90) -> None:
        """Poll until the instance is in a state, or ``gone``."""
        end = time.monotonic() + within
        while True:
            sent_at = time.time()
            response = self._client.request("GET", self._path)
            lifecycle = response.json().get("instance", {}).get("lifecycle", {})
            billable = lifecycle.get("billable", False)
            if billable != (self.edges[-1][2] if self.edges else False):
                self.edges.append((self._last_sent_at, time.time(), billable))
            self._last_sent_at = sent_at
            if lifecycle.get("state", "gone") == state:
                return
            assert time.monotonic() < end, f"{lifecycle} instead of {state}"


def periods_of(client: Client, instance_id: str) -> list[JSON]:
    """All periods, oldest first."""
    body = client.get(f"/api/v1/instances/{instance_id}/history", limit=1000)
    return list(reversed(body["periods"]))


def edges_of(periods: list[JSON]) -> list[tuple[float, bool]]:
    """When the instance started and stopped being billed."""
    edges: list[tuple[float, bool]] = []
    for period in periods:
        if period["billable"] != (edges[-1][1] if edges else False):
            started_at = datetime.datetime.fromisoformat(period["started_at"])
            edges.append((started_at.timestamp(), period["billable"]))
    return edges


def test_walk(
    member: Client, persona: Callable[[str], Client], instances: Instances, record_property: Any
) -> None:
    """Each edge of billing agrees with what was polled; every second has its evidence."""
    larger = member.get("/api/v1/flavors", name="t1i.small")["flavors"][0]
    instance_id, _states = instances.make_active()
    path = f"/api/v1/instances/{instance_id}"
    poller = Poller(member, instance_id)
    poller.until("Active")
    for command, state in WALK:
        time.sleep(1.5)
        body = {"flavor": {"id": larger["id"]}} if command == "resize" else None
        response = member.request("POST", f"{path}/{command}", json=body)
        assert response.status_code == 202, response.text
        poller.until(state)
    current = periods_of(member, instance_id)[-1]
    assert (current["state"], current["ended_at"]) == ("Stopped", None)
    assert current["flavor"]["name"] == "t1i.small"
    assert member.get_instance(instance_id)["lifecycle"]["since"] == current["started_at"]

    member.delete(path)
    poller.until("gone")
    reader, other = persona("kic-reader"), persona("kic-other")
    periods = periods_of(reader, instance_id)
    assert {period["evidence"] for period in periods} == {"action"}
    assert all(one["ended_at"] == two["started_at"] for one, two in itertools.pairwise(periods))
    states = [period["state"] for period in periods]
    assert (states[0], states[-1]) == ("Building", "Deleting")
    assert {"Stopped", "Shelving", "Shelved_offloaded", "Resize_prep", "Resized"} <= set(states)

    recorded = edges_of(periods)
    assert [billable for _at, billable in recorded] == [
        billable for _after, _before, billable in poller.edges
    ], (recorded, poller.edges)
    # The first edge was before the first poll.
    changes = zip(recorded[1:], poller.edges[1:], strict=True)
    errors = [max(after - at, at - before, 0) for (at, _), (after, before, _) in changes]
    record_property("seconds from the record to the polls around it", errors)
    assert max(errors) <= TOLERANCE, (recorded, poller.edges)

    billed = sum(period["seconds"] for period in periods if period["billable"])
    usage = reader.get("/api/v1/usage", instance_id=instance_id)["usage"]
    assert (usage["billed_seconds"], usage["unknown_seconds"]) == (billed, 0)
    by_state = reader.get("/api/v1/usage", group_by="state")["usage"]
    assert sum(group["billed_seconds"] for group in by_state["groups"]) >= billed
    picture = reader.request("GET", f"{path}/history", params={"format": "svg"})
    assert picture.text.startswith("<svg")
    assert other.request("GET", f"{path}/history").status_code == 404
    query = {"instance_id": instance_id}
    assert other.request("GET", "/api/v1/usage", params=query).status_code == 404
