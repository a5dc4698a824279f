# SPDX-License-Identifier: Apache-2.0
"""Many instances are created and deleted while upstream calls fail.

Each request has an ``Idempotency-Key`` of its own and is retried until it is answered. In the end
each key must have made exactly one instance, and the project must have what it had before.
"""

import collections
import concurrent.futures
import contextlib
import dataclasses
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Final

import requests

from tests.faults.answers import shown
from tests.faults.inventory import Inventory
from tests.faults.lane import Lane
from tests.faults.proxy import Proxy
from tests.faults.rules import Rule
from tests.faults.workspace import Workspace
from tests.functional.client import Client

JSON = dict[str, Any]

SERVICES: Final = frozenset({"compute", "block-storage", "network"})
KINDS: Final = ("status", "reset", "lost", "lie", "latency", "truncate")
CLIENTS: Final = 10
BATCH: Final = 2 * CLIENTS
LEFTOVER_SECONDS: Final = 120
_LATENCY_SECONDS: Final = 3
_GIVE_UP_SECONDS: Final = 600
_LONGEST_PAUSE: Final = 8.0
_PAUSE: Final = 2.0
_MADE: Final = frozenset({"active", "error", None})
"""Statuses in which a creation ends; None: Nova has no such instance."""


@dataclasses.dataclass
class Result:
    """What was seen."""

    keys: int = 0
    answered: int = 0
    """Keys whose request was answered with success."""
    instances: int = 0
    """Different instances in these answers."""
    doubled: int = 0
    """Servers in Nova of which no answer told."""
    lost: int = 0
    """Instances that an answer told of and Nova does not have."""
    in_error: int = 0
    """Instances that ended in Error."""
    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """Status and code of all answers."""
    faults: int = 0
    """Upstream calls that met a fault."""
    upstream_calls: int = 0
    leftovers: str = ""
    """What the project has in the end that it had not before."""
    seconds: float = 0.0
    longest_seconds: float = 0.0
    """From the first request with a key to its answer."""

    @property
    def is_passed(self) -> bool:
        """Whether each key made one instance, and nothing stayed behind."""
        return (
            self.keys == self.answered == self.instances
            and not (self.doubled or self.lost)
            and self.leftovers == "nothing"
            and not any(status.startswith("500") for status in self.statuses)
        )


class Creates:
    """A run in one lane.

    :param probability: of each kind of fault, for each upstream call
    """

    def __init__(self, work: Workspace, probability: float, say: Callable[[str], None]) -> None:
        self._work = work
        self._lane: Lane = work.lane
        self._probability = probability
        self._say = say
        self._lock = threading.Lock()
        self._clients = threading.local()
        self.result = Result()

    def run(self, count: int) -> Result:
        """Create and delete so many instances, some at a time."""
        started = time.monotonic()
        _vpc = self._work.vpc
        before = self._lane.reader.read_settled(LEFTOVER_SECONDS)
        with (
            self._lane.proxy.rules.recorded() as calls,
            _faults(self._lane.proxy, self._probability) as rules,
            concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool,
        ):
            while self.result.keys < count:
                self._batch(pool, min(BATCH, count - self.result.keys), before)
                self._say(f"{self.result.keys} of {count}: {self.result}")
            self.result.faults = sum(len(rule.met) for rule in rules)
            self.result.upstream_calls = len(calls)
        self.result.leftovers = self._leftovers(before)
        self.result.seconds = round(time.monotonic() - started, 1)
        return self.result

    def _batch(
        self, pool: concurrent.futures.ThreadPoolExecutor, size: int, before: Inventory
    ) -> None:
        made = [one for one in pool.map(lambda _: self._create(), range(size)) if one]
        self._wait_for(made, _MADE)
        servers = self._servers(before)
        self.result.keys += size
        self.result.answered += len(made)
        self.result.instances += len(set(made))
        self.result.doubled += len(servers.keys() - set(made))
        self.result.lost += len(set(made) - servers.keys())
        self.result.in_error += sum(server["status"] == "ERROR" for server in servers.values())
        list(pool.map(self._delete, made))
        self._wait_for(made, frozenset({None}))

    def _create(self) -> str | None:
        """The id of an instance that was created with a key; None if no answer was a success."""
        name = f"proof-{uuid.uuid4().hex[:8]}"
        body = {
            "name": name,
            "image_id": self._lane.project.image_id,
            "flavor_id": self._work.flavor_ids[0],
            "subnets": [{"id": self._work.subnet_id}],
            "volumes": [{"size": 2}],
            "security_groups": None,
        }
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        started = time.monotonic()
        answer = self._persist(
            "POST", "/api/v1/instances", {202}, json={"instance": body}, headers=headers
        )
        with self._lock:
            longest = max(self.result.longest_seconds, time.monotonic() - started)
            self.result.longest_seconds = round(longest, 1)
        return str(answer.json()["instance"]["id"]) if answer is not None else None

    def _delete(self, instance_id: str) -> None:
        self._persist("DELETE", f"/api/v1/instances/{instance_id}", {202, 204, 404})

    def _wait_for(self, instance_ids: list[str], ends: frozenset[str | None]) -> None:
        """Read the list until each of these instances has one of the statuses, or is gone (None).

        One list costs OpenStack less than a get of each instance.
        """
        end = time.monotonic() + _GIVE_UP_SECONDS
        while time.monotonic() < end:
            answer = self._persist("GET", "/api/v1/instances", {200}, params={"limit": BATCH * 2})
            if answer is None:
                return
            statuses = {one["id"]: one["status"] for one in answer.json()["instances"]}
            if all(statuses.get(instance_id) in ends for instance_id in instance_ids):
                return
            time.sleep(_PAUSE)

    def _persist(
        self, method: str, path: str, ends: set[int], **arguments: Any
    ) -> requests.Response | None:
        """The first answer with one of these statuses; None if none came in time."""
        end = time.monotonic() + _GIVE_UP_SECONDS
        pause = 0.5
        while time.monotonic() < end:
            wait = pause
            try:
                answer = self._client().request(method, path, **arguments)
            except requests.RequestException as error:
                self._count(f"no answer: {type(error).__name__}")
            else:
                self._count(shown(answer))
                if answer.status_code in ends:
                    return answer
                wait = float(answer.headers.get("Retry-After", pause))
            time.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return None

    def _client(self) -> Client:
        if not hasattr(self._clients, "client"):
            self._clients.client = self._lane.client()
        client: Client = self._clients.client
        return client

    def _count(self, status: str) -> None:
        with self._lock:
            self.result.statuses[status] += 1

    def _servers(self, before: Inventory) -> dict[str, JSON]:
        servers = self._lane.reader.read().items["server"]
        return {
            server_id: server
            for server_id, server in servers.items()
            if server_id not in before.items["server"]
        }

    def _leftovers(self, before: Inventory) -> str:
        end = time.monotonic() + LEFTOVER_SECONDS
        while True:
            left = self._lane.reader.read().difference(before).described()
            if left == "nothing" or time.monotonic() > end:
                return left
            time.sleep(1)


@contextlib.contextmanager
def _faults(proxy: Proxy, probability: float) -> Iterator[list[Rule]]:
    rules = [
        Rule(
            kind,
            SERVICES,
            probability=probability,
            seed=number,
            parameters={"seconds": _LATENCY_SECONDS} if kind == "latency" else {},
        )
        for number, kind in enumerate(KINDS)
    ]
    with contextlib.ExitStack() as stack:
        for rule in rules:
            stack.enter_context(proxy.fault(rule))
        yield rules
