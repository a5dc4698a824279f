# SPDX-License-Identifier: Apache-2.0
"""A soak: many requests of all kinds, while memory, threads and files of the gateway stay flat."""

import collections
import concurrent.futures
import dataclasses
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from tests.faults.answers import shown
from tests.faults.workspace import Workspace
from tests.functional.client import Client
from tests.proofs.processes import Usage, usage

CLIENTS: Final = 8
# More than the gateway has threads.
_CROWD: Final = 96
_ROUNDS: Final = 20
_SAMPLES: Final = 50
_READS: Final = (
    "/api/v1/instances",
    "/api/v1/volumes",
    "/api/v1/flavors",
    "/api/v1/images",
    "/api/v1/keypairs",
    "/api/v1/security-groups",
    "/api/v1/vpcs",
    "/api/v1/lifecycle",
    "/healthcheck",
)
# Method, path and arguments of requests that are refused.
_BAD: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("POST", "/api/v1/instances", {"data": b'{"instance": '}),
    ("POST", "/api/v1/instances", {"json": {"instance": {"name": 7}}}),
    ("POST", "/api/v1/keypairs", {"json": []}),
    ("POST", "/api/v1/keypairs", {"data": b"[" * 5000}),
    ("GET", "/api/v1/instances/not-there", {}),
    ("GET", f"/api/v1/volumes/{uuid.UUID(int=1)}", {}),
    ("GET", "/api/v1/instances?limit=many", {}),
    ("GET", "/api/v1/nothing", {}),
    ("PATCH", "/api/v1/instances", {}),
    ("GET", "/api/v1/instances", {"headers": {"X-Auth-Token": "wrong"}}),
    ("PUT", f"/api/v1/volumes/{uuid.UUID(int=2)}", {"json": {"volume": {"name": "x" * 5000}}}),
)


@dataclasses.dataclass
class Result:
    """What was seen."""

    requests: int = 0
    statuses: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    samples: list[Usage] = dataclasses.field(default_factory=list)
    seconds: float = 0.0

    def growth(self) -> dict[str, float]:
        """What the last tenth of the run used against the middle tenth, in percent more."""
        tenth = max(1, len(self.samples) // 10)
        middle = self.samples[len(self.samples) // 2 :][:tenth]
        last = self.samples[-tenth:]
        return {
            field: round(100 * (_mean(last, field) / _mean(middle, field) - 1), 2)
            for field in ("mebibytes", "threads", "files")
        }


def _mean(samples: list[Usage], field: str) -> float:
    return sum(float(getattr(sample, field)) for sample in samples) / len(samples)


class Soak:
    """A run in one lane."""

    def __init__(self, work: Workspace, say: Callable[[str], None]) -> None:
        self._lane = work.lane
        self._say = say
        self._lock = threading.Lock()
        self._clients = threading.local()
        self.result = Result()

    def run(self, count: int) -> Result:
        """Send so many requests."""
        self._warm_up()
        started = time.monotonic()
        group = self._lane.gateway.process.pid
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for part in range(_SAMPLES):
                numbers = range(part * count // _SAMPLES, (part + 1) * count // _SAMPLES)
                collections.deque(pool.map(self._send, numbers), maxlen=0)
                self.result.samples.append(usage(group))
                self._say(f"{self.result.requests} of {count}: {self.result.samples[-1]}")
        self.result.seconds = round(time.monotonic() - started, 1)
        return self.result

    def _warm_up(self) -> None:
        """Let most threads of the gateway connect to all services before the soak.

        A thread stays connected. With eight clients alone, it takes most of the soak until all
        threads have connected to all services, and open files grow for as long.
        """
        paths = [*_READS] * (_CROWD * _ROUNDS // len(_READS))
        with concurrent.futures.ThreadPoolExecutor(_CROWD) as pool:
            collections.deque(pool.map(partial(self._request, "GET"), paths), maxlen=0)
        self._say(f"warmed up: {usage(self._lane.gateway.process.pid)}")

    def _send(self, number: int) -> None:
        chance = random.Random(number)  # noqa: S311 - repeatable, not secret
        kind = chance.choices((self._read, self._bad, self._write, self._cut), (55, 25, 10, 10))[0]
        try:
            statuses = kind(chance)
        except requests.RequestException as error:
            statuses = [f"no answer: {type(error).__name__}"]
        with self._lock:
            self.result.requests += len(statuses)
            self.result.statuses.update(statuses)

    def _read(self, chance: random.Random) -> list[str]:
        return [self._request("GET", chance.choice(_READS))]

    def _bad(self, chance: random.Random) -> list[str]:
        method, path, arguments = chance.choice(_BAD)
        return [self._request(method, path, **arguments)]

    def _write(self, chance: random.Random) -> list[str]:
        """A keypair is made and deleted, with a key or without."""
        name = f"soak-{uuid.uuid4().hex[:12]}"
        headers = {"Idempotency-Key": name} if chance.random() < 0.5 else {}
        body = {"keypair": {"name": name}}
        made = self._request("POST", "/api/v1/keypairs", json=body, headers=headers)
        return [made, self._request("DELETE", f"/api/v1/keypairs/{name}")]

    def _cut(self, chance: random.Random) -> list[str]:
        """The client goes away, in the middle of its request or before the answer."""
        address = urlsplit(self._lane.gateway.url)
        path = chance.choice(_READS)
        token = self._lane.cloud.auth_token
        request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nX-Auth-Token: {token}\r\n\r\n"
        length = chance.choice((len(request), len(request) // 2))
        try:
            with socket.create_connection((str(address.hostname), address.port), 10) as connection:
                connection.sendall(request.encode()[:length])
        except OSError as error:
            return [f"cut: {type(error).__name__}"]
        return ["cut"]

    def _request(self, method: str, path: str, **arguments: Any) -> str:
        return shown(self._client().request(method, path, **arguments))

    def _client(self) -> Client:
        if not hasattr(self._clients, "client"):
            self._clients.client = self._lane.client()
        client: Client = self._clients.client
        return client
