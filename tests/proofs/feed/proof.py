# SPDX-License-Identifier: Apache-2.0
"""The latency of the event feed, from Nova's notification to the client, and what waiting costs."""

import dataclasses
import math
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from bench import project as bench_project
from tests.faults.workspace import Workspace
from tests.functional import standalone
from tests.functional.client import Client, Gateway
from tests.proofs.feed.clients import STREAM, WAIT, Arrival, FeedClient, WaitingClients
from tests.proofs.history.followers import REDIS_SECRET, Followers
from tests.proofs.history.proof import TOPIC
from tests.proofs.history.recorder import Recorder, message_bus
from tests.proofs.history.truth import Notification
from tests.proofs.processes import usage

JSON = dict[str, Any]

# The states that are compared: those in which an instance stays.
_STATES: Final = {("active", None): "Active", ("stopped", None): "Stopped"}
_COMMANDS: Final = (({"os-stop": None}, "stopped"), ({"os-start": None}, "active"))
_COMMAND_SECONDS: Final = 90.0
_ARRIVAL_SECONDS: Final = 15.0
_DELIVERY_SECONDS: Final = 25.0
_POLL_SECONDS: Final = 0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """The size of a run."""

    instances: int = 6
    rounds: int = 20
    clients: int = 1000
    """That wait at the same time."""


@dataclasses.dataclass(slots=True)
class Latency:
    """The latency of one kind of client."""

    source: str
    client: str
    count: int
    missing: int
    """Changes whose event never came."""
    p50: float
    p99: float
    worst: float


@dataclasses.dataclass(slots=True)
class Waiting:
    """What waiting clients cost, and how soon an event reaches them."""

    clients: int
    answered: int
    """Clients that received the event."""
    mebibytes: float
    """Memory of the gateway with them, more than without."""
    threads: int
    """Threads of the gateway with them, more than without."""
    first: float
    """Seconds from Nova's notification to the first client."""
    last: float


@dataclasses.dataclass(slots=True)
class Result:
    """What was seen."""

    options: Options
    latencies: list[Latency] = dataclasses.field(default_factory=list)
    waiting: Waiting | None = None

    @property
    def is_passed(self) -> bool:
        """Whether the aims are reached: with notifications, and for waiting clients."""
        notified = [latency for latency in self.latencies if latency.source == "notifications"]
        is_fast = all(
            latency.p50 <= 0.3 and latency.p99 <= 1.0 and not latency.missing
            for latency in notified
        )
        waiting = self.waiting
        is_cheap = waiting is None or (
            waiting.answered == waiting.clients and waiting.threads < waiting.clients / 10
        )
        return is_fast and is_cheap


def changes_of(notifications: Iterable[Notification]) -> list[tuple[str, str, float]]:
    """The instance, the documented state and the time of each change to a state that lasts."""
    last: dict[str, tuple[str, str | None]] = {}
    changes = []
    for notification in sorted(notifications, key=lambda notification: notification.at):
        pair = (notification.vm_state, notification.task_state)
        if pair in _STATES and last.get(notification.instance_id, pair) != pair:
            changes.append((notification.instance_id, _STATES[pair], notification.at))
        last[notification.instance_id] = pair
    return changes


def latencies_of(
    changes: Iterable[tuple[str, str, float]], arrivals: Iterable[Arrival]
) -> tuple[list[float], int]:
    """The seconds from each change to its event, in order, and the number of changes without one.

    An event after an instance's next change to the same state belongs to that change.
    """
    pending = sorted(arrivals, key=lambda arrival: arrival.at)
    next_at: dict[tuple[str, str], float] = {}
    seconds, missing = [], 0
    for instance_id, state, at in sorted(changes, key=lambda change: -change[2]):
        key = (instance_id, state)
        until = min(at + _ARRIVAL_SECONDS, next_at.get(key, math.inf))
        next_at[key] = at
        arrival = next(
            (
                arrival
                for arrival in pending
                if (arrival.instance_id, arrival.state) == key
                and at - _POLL_SECONDS <= arrival.at <= until
            ),
            None,
        )
        if arrival is None:
            missing += 1
        else:
            pending.remove(arrival)
            seconds.append(arrival.at - at)
    return sorted(seconds), missing


def _percentile(seconds: list[float], percent: int) -> float:
    if len(seconds) < 2:
        return round(seconds[0], 3)
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[percent - 1], 3)


class Feed:
    """A run in one lane."""

    def __init__(self, work: Workspace, options: Options, say: Callable[[str], None]) -> None:
        self._lane = work.lane
        self._options = options
        self._say = say
        self._compute = work.lane.cloud.compute
        self.result = Result(options)

    def run(self) -> Result:
        """Measure the latency with notifications and without, and then the waiting clients."""
        _allow_files(2 * self._options.clients + 500)
        bench_project.boot(self._lane.project, self._options.instances)
        gateway = self._lane.start_gateway(
            api={"workers": "1", "max_connections": str(2 * self._options.clients + 100)},
            history={"waiting_requests": str(2 * self._options.clients)},
            redis={"secret": REDIS_SECRET},
        )
        client = Client(gateway.url, self._lane.cloud.auth_token)
        url = f"redis://127.0.0.1:{self._lane.store.connection_pool.connection_kwargs['port']}/0"
        for source in ("lists", "notifications"):
            with tempfile.TemporaryDirectory() as directory:
                is_notified = source == "notifications"
                followers = Followers(url, Path(directory), 1, with_notifications=is_notified)
                followers.start()
                try:
                    followers.wait_until_following(client, time.time())
                    self._measure_latency(client, source)
                    if is_notified:
                        self._measure_waiting(client, gateway)
                finally:
                    followers.stop()
        return self.result

    def _measure_latency(self, client: Client, source: str) -> None:
        recorder = _recorder()
        recorder.start()
        clients = [FeedClient(Client(client.url, client.token), kind) for kind in (STREAM, WAIT)]
        for number in range(self._options.rounds):
            for body, state in _COMMANDS:
                self._command_all(body, state)
            self._say(f"feed, {source}: round {number + 1} of {self._options.rounds}")
        time.sleep(_ARRIVAL_SECONDS)
        recorder.stop()
        changes = changes_of(recorder.notifications())
        for feed in clients:
            feed.stop()
            seconds, missing = latencies_of(changes, feed.arrivals)
            latency = Latency(
                source=source,
                client=feed.kind,
                count=len(seconds),
                missing=missing,
                p50=_percentile(seconds, 50),
                p99=_percentile(seconds, 99),
                worst=round(max(seconds), 3),
            )
            self.result.latencies.append(latency)
            self._say(f"feed: {latency}")

    def _measure_waiting(self, client: Client, gateway: Gateway) -> None:
        recorder = _recorder()
        recorder.start()
        before = usage(gateway.process.pid)
        waiting = WaitingClients(client, self._options.clients)
        time.sleep(2 + self._options.clients / 300)  # until the gateway has read all requests
        during = usage(gateway.process.pid)
        sent = time.time()
        (server_id, *_others) = self._servers()
        self._act(server_id, {"os-stop": None})
        answered = waiting.receive(server_id.encode(), _DELIVERY_SECONDS)
        recorder.stop()
        waiting.close()
        at = min(
            notification.at
            for notification in recorder.notifications()
            if notification.instance_id == server_id and notification.at >= sent - 1
        )
        self.result.waiting = Waiting(
            clients=self._options.clients,
            answered=len(answered),
            mebibytes=round(during.mebibytes - before.mebibytes, 1),
            threads=during.threads - before.threads,
            first=round(min(answered) - at, 3),
            last=round(max(answered) - at, 3),
        )
        self._say(f"feed: {self.result.waiting}")

    def _command_all(self, body: JSON, state: str) -> None:
        for server_id in self._servers():
            self._act(server_id, body)
        end = time.monotonic() + _COMMAND_SECONDS
        while any(
            (server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:task_state"]) != (state, None)
            for server in self._servers().values()
        ):
            assert time.monotonic() < end, f"the instances do not become {state}"
            time.sleep(_POLL_SECONDS * 5)

    def _servers(self) -> dict[str, JSON]:
        servers = self._compute.get("/servers/detail", microversion="2.1").json()["servers"]
        return {server["id"]: server for server in servers}

    def _act(self, server_id: str, body: JSON) -> None:
        response = self._compute.post(f"/servers/{server_id}/action", json=body)
        assert response.status_code == 202, response.text


def _recorder() -> Recorder:
    return Recorder(message_bus(standalone.DEMO / "kic-vm.conf"), TOPIC)


def _allow_files(count: int) -> None:
    """Raise the limit on open files, also of the processes that are started from now on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
