# SPDX-License-Identifier: Apache-2.0
"""The ledger against the truth: after random walks, without Redis, and after a gap."""

import contextlib
import os
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
from tests.proofs.history.comparison import Reason, compare
from tests.proofs.history.computes import Computes
from tests.proofs.history.disk_flavor import disk_flavor
from tests.proofs.history.followers import REDIS_SECRET, Followers
from tests.proofs.history.recorder import Recorder, message_bus
from tests.proofs.history.result import Options, Reading, Result
from tests.proofs.history.truth import Truth
from tests.proofs.history.walks import Walks

JSON = dict[str, Any]

TOPIC: Final = "kic_vm"
_QUIET_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 120.0
_REMOVAL_SECONDS: Final = 900.0
# The gateways of the lanes wait for a service too briefly for a machine that is this busy.
_UPSTREAM_SECONDS: Final = 55
_GAP_MINUTES: Final = 60
_LOADS: Final = 10  # moments at which the load of the machine is read
# Of the walk: nothing is killed at its start and at its end.
_KILLS: Final = (0.1, 0.9)


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
        self._client = work.lane.client()
        self._periods: dict[str, list[JSON]] = {}
        """The periods of the last reading by instance id."""
        self.result = Result(options)

    def run(self) -> Result:
        """Walk, and read the ledger after each part."""
        gateway = self._lane.start_gateway(
            api={"request_timeout": str(2 * _UPSTREAM_SECONDS)},
            service_user={"timeout": str(_UPSTREAM_SECONDS)},
            redis={"secret": REDIS_SECRET},
        )
        self._client = Client(gateway.url, self._lane.cloud.auth_token)
        with (
            tempfile.TemporaryDirectory() as directory,
            disk_flavor(self._lane.project),
            self._recording(),
        ):
            store = self._lane.store.connection_pool.connection_kwargs
            url = f"redis://127.0.0.1:{store['port']}/0"
            followers = Followers(url, Path(directory), self._options.followers)
            followers.start()
            try:
                followers.wait_until_following(self._client, time.time())
                self._walk(followers)
                self._without_redis(followers)
                self._gap(followers)
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
        loads: list[float] = []
        self._walks = Walks(
            self._lane.project,
            options.instances,
            options.seed,
            options.pause,
            self._reason,
            self._say,
        )
        at_times: list[tuple[float, Callable[[], None]]] = []
        for _number in range(options.follower_kills):
            at = seconds * self._chance.uniform(*_KILLS)
            at_times.append((at, lambda: self._kill_follower(followers)))
        computes = Computes() if options.compute_kills else None
        for number in range(options.compute_kills):
            at = seconds * (number + 1) / (options.compute_kills + 1)
            at_times.append((at, lambda: self._kill_compute(computes)))
        self._say(f"{options.instances} instances walk for {options.minutes} minutes")
        for number in range(_LOADS):
            at = seconds * (number + 1) / (_LOADS + 1)
            at_times.append((at, lambda: loads.append(os.getloadavg()[1])))
        self._walks.run(seconds, at_times)
        self.result.load = statistics.mean(loads)
        self._read("After the walk")

    def _kill_follower(self, followers: Followers) -> None:
        killed_at = followers.kill_one(self._chance)
        self._reason.add_outage(killed_at, time.time() + 15, "a follower was killed")

    def _kill_compute(self, computes: Computes | None) -> None:
        if computes is not None:
            killed_at, started_at = computes.kill_next()
            self._say("a nova-compute was killed, and started again")
            self._reason.add_kill(killed_at, started_at + 60, "nova-compute was killed")

    def _without_redis(self, followers: Followers) -> None:
        """Only what was observed may be unknown now."""
        followers.stop()
        self._lane.store.flushall()
        self._reason.add_outage(0, time.time(), "Redis was emptied")
        self._read("After Redis was emptied")

    def _gap(self, followers: Followers) -> None:
        """No worker has followed for an hour, as far as Redis tells; the walk went on."""
        assert self._walks is not None
        conf = configuration.load([f"--config-file={path}" for path in followers.configurations])
        event_stream = stream.create(conf)
        assert event_stream is not None
        ago = event_stream.now() - _GAP_MINUTES * 60_000
        event_stream.followers.note_followed(ago)
        self._walks.run(self._options.dark_minutes * 60, [(0.0, self._walks.reset_one)])
        self._walks.settle(_SETTLE_SECONDS)
        self._reason.add_outage(ago / 1000, time.time() + 15, "no worker followed for an hour")
        followers.start()
        followers.wait_until_following(self._client, time.time())
        self._read("After an hour without a follower")

    def _read(self, name: str) -> None:
        """Compare the ledger with the truth until now."""
        assert self._walks is not None
        self._walks.settle(_SETTLE_SECONDS)
        self._recorder.wait_until_quiet(_QUIET_SECONDS)
        end = float(int(time.time()) - int(_QUIET_SECONDS))
        notifications = self._recorder.notifications()
        truth = Truth(notifications)
        comparisons, differing, changed = [], [], []
        for server_id in self._walks.server_ids:
            periods = self._read_periods(server_id)
            if periods is None:
                changed.append(f"{server_id}: the history is gone")
                continue
            changed += changes_of(server_id, self._periods.get(server_id, []), periods)
            self._periods[server_id] = periods
            comparisons.append(compare(server_id, periods, truth, end, self._reason))
        sums = self._usage()
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

    def _read_periods(self, server_id: str) -> list[JSON] | None:
        path = f"/api/v1/instances/{server_id}/history"
        response = self._client.request("GET", path, params={"limit": 1000})
        if response.status_code == 404:
            return None
        assert response.status_code == 200, response.text
        return list(reversed(response.json()["periods"]))

    def _usage(self) -> dict[str, int]:
        """The billed seconds of each instance."""
        groups = self._client.get("/api/v1/usage", group_by="instance")["usage"]["groups"]
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
    """What an action has shown before, and is billed differently or unknown now.

    The name of a state may change: which reboot it was depends on the state before it.

    :param before: periods, oldest first
    """
    return [
        f"{server_id}: {period['state']} from {period['started_at']} until {period['ended_at']} "
        "has changed"
        for period in before
        if period["evidence"] == "action"
        and period["ended_at"] is not None
        and not _is_kept(period, after)
    ]


def _is_kept(period: JSON, after: list[JSON]) -> bool:
    """Whether all parts of a period are billed as before."""
    return all(
        part["billable"] == period["billable"]
        for part in after
        if part["started_at"] < period["ended_at"]
        and (part["ended_at"] is None or part["ended_at"] > period["started_at"])
    )
