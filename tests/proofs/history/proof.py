# SPDX-License-Identifier: Apache-2.0
"""The ledger against the truth: after random walks, without Redis, and after a gap."""

import contextlib
import dataclasses
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from kic_vm import conf as configuration
from kic_vm.events import stream
from tests.faults.workspace import Workspace
from tests.functional import standalone
from tests.functional.client import Client
from tests.proofs.history import walks
from tests.proofs.history.comparison import AIMS, Comparison, Edge, Reason, compare
from tests.proofs.history.computes import Computes
from tests.proofs.history.followers import Followers
from tests.proofs.history.recorder import Recorder, message_bus
from tests.proofs.history.truth import Truth
from tests.proofs.history.walks import Walks

JSON = dict[str, Any]

TOPIC: Final = "kic_vm"
_QUIET_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 120.0
_REMOVAL_SECONDS: Final = 900.0
_GAP_MINUTES: Final = 60
# Of the walk: nothing is killed at its start and at its end.
_KILLS: Final = (0.1, 0.9)


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """The size of a run."""

    instances: int = 60
    minutes: float = 15.0
    seed: int = 1
    followers: int = 2
    follower_kills: int = 20
    compute_kills: int = 2
    dark_minutes: float = 2.0
    """The length of the walk without a follower."""


@dataclasses.dataclass(slots=True)
class Reading:
    """The ledger at one moment, compared with the truth."""

    name: str
    comparisons: list[Comparison]
    sums_differ: list[str]
    """Instances whose usage differs from the sum of their periods."""
    changed: list[str]
    """What differs from the reading before, other than ``observed`` that is now unknown."""

    @property
    def edges(self) -> list[Edge]:
        """The compared edges of all instances."""
        return [edge for comparison in self.comparisons for edge in comparison.edges]

    def total(self, field: str) -> float:
        """The sum of a number of all comparisons."""
        return float(sum(getattr(comparison, field) for comparison in self.comparisons))

    def count(self, field: str) -> int:
        """The number of items in a list of all comparisons."""
        return sum(len(getattr(comparison, field)) for comparison in self.comparisons)

    def late_edges(self) -> list[Edge]:
        """The edges that are further from the truth than the aim for their evidence."""
        return [edge for edge in self.edges if abs(edge.error or 0) > AIMS[str(edge.evidence)]]

    @property
    def is_passed(self) -> bool:
        """Whether all aims are reached."""
        unexplained = any(
            unknown.reason == "not explained"
            for comparison in self.comparisons
            for unknown in comparison.unknowns
        )
        bad = self.late_edges() or self.sums_differ or self.changed or unexplained
        return not (
            bad or self.count("missed") or self.count("invented") or self.total("unaccounted")
        )


@dataclasses.dataclass(slots=True)
class Result:
    """What was seen."""

    options: Options
    readings: list[Reading] = dataclasses.field(default_factory=list)
    commands: dict[str, int] = dataclasses.field(default_factory=dict)
    refused: dict[str, int] = dataclasses.field(default_factory=dict)
    instances: int = 0
    notifications: int = 0
    unconfirmed: list[str] = dataclasses.field(default_factory=list)
    """Instances whose last notification differs from what Nova shows in the end."""

    @property
    def is_passed(self) -> bool:
        """Whether each reading reached the aims, and the recorder saw everything."""
        return not self.unconfirmed and all(reading.is_passed for reading in self.readings)


def error_row(edges: list[Edge]) -> tuple[int, float, float]:
    """The number of edges, and their median and worst error in seconds."""
    errors = [abs(edge.error) for edge in edges if edge.error is not None]
    return len(errors), round(statistics.median(errors), 2), round(max(errors), 2)


class History:
    """A run in one lane."""

    def __init__(self, work: Workspace, options: Options, say: Callable[[str], None]) -> None:
        self._lane = work.lane
        self._options = options
        self._say = say
        self._reason = Reason()
        self._recorder = Recorder(message_bus(standalone.DEMO / "kic-vm.conf"), TOPIC)
        self._chance = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
        self._walks: Walks | None = None
        self._periods: dict[str, list[JSON]] = {}
        """The periods of the last reading by instance id."""
        self.result = Result(options)

    def run(self) -> Result:
        """Walk, and read the ledger after each part."""
        client = self._lane.client()
        with (
            tempfile.TemporaryDirectory() as directory,
            walks.disk_flavor(self._lane.project),
            self._recording(),
        ):
            store = self._lane.store.connection_pool.connection_kwargs
            url = f"redis://127.0.0.1:{store['port']}/0"
            followers = Followers(url, Path(directory), self._options.followers)
            followers.start()
            try:
                followers.wait_until_following(client, time.time())
                self._walk(followers)
                self._without_redis(followers)
                self._gap(followers, client)
            finally:
                followers.stop()
                if self._walks is not None:
                    self._walks.remove(_REMOVAL_SECONDS)
        return self.result

    @contextlib.contextmanager
    def _recording(self) -> Iterator[None]:
        self._recorder.start()
        try:
            yield
        finally:
            self._recorder.stop()

    def _walk(self, followers: Followers) -> None:
        options = self._options
        seconds = options.minutes * 60
        self._walks = Walks(
            self._lane.project, options.instances, options.seed, self._reason, self._say
        )
        at_times: dict[float, Callable[[], None]] = {}
        for _number in range(options.follower_kills):
            at = seconds * self._chance.uniform(*_KILLS)
            at_times[at] = lambda: self._kill_follower(followers)
        computes = Computes() if options.compute_kills else None
        for number in range(options.compute_kills):
            at = seconds * (number + 1) / (options.compute_kills + 1)
            at_times[at] = lambda: self._kill_compute(computes)
        self._say(f"{options.instances} instances walk for {options.minutes} minutes")
        self._walks.run(seconds, at_times)
        self._read("After the walk")

    def _kill_follower(self, followers: Followers) -> None:
        killed_at = followers.kill_one(self._chance)
        self._reason.add_outage(killed_at, time.time() + 15, "a follower was killed")

    def _kill_compute(self, computes: Computes | None) -> None:
        if computes is not None:
            killed_at, started_at = computes.kill_next()
            self._say("a nova-compute was killed, and started again")
            self._reason.add_outage(killed_at, started_at + 60, "nova-compute was killed")

    def _without_redis(self, followers: Followers) -> None:
        """Only what was observed may be unknown now."""
        followers.stop()
        self._lane.store.flushall()
        self._reason.add_outage(0, time.time(), "Redis was emptied")
        self._read("After Redis was emptied")

    def _gap(self, followers: Followers, client: Client) -> None:
        """No worker has followed for an hour, as far as Redis tells; the walk went on."""
        assert self._walks is not None
        conf = configuration.load([f"--config-file={path}" for path in followers.configurations])
        event_stream = stream.create(conf)
        assert event_stream is not None
        ago = event_stream.now() - _GAP_MINUTES * 60_000
        event_stream.followers.note_followed(ago)
        self._walks.run(self._options.dark_minutes * 60, {0.0: self._walks.reset_one})
        self._walks.settle(_SETTLE_SECONDS)
        self._reason.add_outage(ago / 1000, time.time() + 15, "no worker followed for an hour")
        followers.start()
        followers.wait_until_following(client, time.time())
        self._read("After an hour without a follower")

    def _read(self, name: str) -> None:
        """Compare the ledger with the truth until now."""
        assert self._walks is not None
        self._walks.settle(_SETTLE_SECONDS)
        self._recorder.wait_until_quiet(_QUIET_SECONDS)
        end = float(int(time.time()) - int(_QUIET_SECONDS))
        notifications = self._recorder.notifications()
        truth = Truth(notifications)
        client = self._lane.client()
        comparisons, differing, changed = [], [], []
        for server_id in self._walks.server_ids:
            periods = self._read_periods(client, server_id)
            if periods is None:
                changed.append(f"{server_id}: the history is gone")
                continue
            changed += changes_of(server_id, self._periods.get(server_id, []), periods)
            self._periods[server_id] = periods
            comparisons.append(compare(server_id, periods, truth, end, self._reason))
        sums = self._usage(client)
        for server_id, periods in self._periods.items():
            seconds = sum(
                period["seconds"]
                for period in periods
                if period["billable"] and period["ended_at"] is not None
            )
            is_ended = periods[-1]["ended_at"] is not None
            if is_ended and sums.get(server_id, 0) != seconds:
                differing.append(f"{server_id}: {seconds} s in periods, {sums.get(server_id)} s")
        reading = Reading(name, comparisons, differing, changed)
        self.result.readings.append(reading)
        self.result.instances = len(self._walks.server_ids)
        self.result.notifications = len(notifications)
        self.result.commands = dict(self._walks.commands)
        self.result.refused = dict(self._walks.refused)
        self.result.unconfirmed = self._unconfirmed(truth)
        self._say(
            f"{name}: {len(reading.edges)} edges, {len(reading.late_edges())} late, "
            f"{reading.count('missed')} missed, {reading.count('invented')} invented, "
            f"{reading.total('wrong'):.1f} s billed wrongly, {reading.total('unknown'):.0f} s "
            "unknown"
        )

    @staticmethod
    def _read_periods(client: Client, server_id: str) -> list[JSON] | None:
        path = f"/api/v1/instances/{server_id}/history"
        response = client.request("GET", path, params={"limit": 1000})
        if response.status_code == 404:
            return None
        assert response.status_code == 200, response.text
        return list(reversed(response.json()["periods"]))

    @staticmethod
    def _usage(client: Client) -> dict[str, int]:
        """The billed seconds of each instance."""
        groups = client.get("/api/v1/usage", group_by="instance")["usage"]["groups"]
        return {group["instance_id"]: group["billed_seconds"] for group in groups}

    def _unconfirmed(self, truth: Truth) -> list[str]:
        differing = []
        for server in self._lane.cloud.compute.get("/servers/detail").json()["servers"]:
            shown = (server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:task_state"])
            if server["id"] not in truth.instance_ids:
                # Nova sends nothing about a server that was never scheduled.
                if server["OS-SRV-USG:launched_at"] is None:
                    continue
                differing.append(f"{server['id']}: no notification")
            elif truth.last_pair(server["id"]) != shown:
                differing.append(f"{server['id']}: {truth.last_pair(server['id'])}, now {shown}")
        return differing


def changes_of(server_id: str, before: list[JSON], after: list[JSON]) -> list[str]:
    """What the ledger said before and says differently now, other than observed before.

    :param before: periods, oldest first
    """
    known = {
        (period["started_at"], period["ended_at"]): period["state"]
        for period in before
        if period["evidence"] == "action" and period["ended_at"] is not None
    }
    shown = {(period["started_at"], period["ended_at"]): period["state"] for period in after}
    return [
        f"{server_id}: {state} from {times[0]} until {times[1]} has changed"
        for times, state in known.items()
        if not _is_kept(times, state, shown, after)
    ]


def _is_kept(
    times: tuple[str, str],
    state: str,
    shown: dict[tuple[str, str], str | None],
    after: list[JSON],
) -> bool:
    """Whether a period is shown again, perhaps joined with a neighbor of the same state."""
    if shown.get(times) == state:
        return True
    start, end = times
    return any(
        period["state"] == state
        and period["started_at"] <= start
        and (period["ended_at"] is None or period["ended_at"] >= end)
        for period in after
    )
