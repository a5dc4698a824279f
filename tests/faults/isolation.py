# SPDX-License-Identifier: Apache-2.0
"""What goes on while hundreds of requests wait for a service that hangs."""

import contextlib
import dataclasses
import itertools
import selectors
import socket
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from tests.faults.lane import Lane
from tests.faults.rows import Row
from tests.faults.rules import Rule
from tests.faults.workspace import Workspace
from tests.functional.client import Client, Gateway

CROWD: Final = 500
_PATIENCE_SECONDS: Final = 30
_INTERVAL_SECONDS: Final = 0.05
_REFUSED: Final = b"HTTP/1.1 503"
_MEASUREMENTS: Final = 100
_LONGEST_P50: Final = 1.2
"""Times that of a quiet gateway."""
_LONGEST_P99: Final = 1.0
"""Seconds."""

_FLAVORS: Final = "/api/v1/flavors"
_IMAGES: Final = "/api/v1/images"
# Of each service: what needs it alone, and what needs another one alone.
PATHS: Final = {
    "compute": (_FLAVORS, _IMAGES),
    "block-storage": ("/api/v1/volumes/types", _FLAVORS),
    "image": (_IMAGES, _FLAVORS),
    "network": ("/api/v1/security-groups", _FLAVORS),
    "identity": (_FLAVORS, _FLAVORS),
}


@dataclasses.dataclass(frozen=True)
class Times:
    """How long answers took, in seconds, and how many were not right."""

    p50: float
    p99: float
    statuses: frozenset[int]

    def described(self, before: "Times") -> str:
        """For people."""
        answered = ", ".join(str(status) for status in sorted(self.statuses))
        return (
            f"{answered}; p50 {1000 * self.p50:.0f} ms ({1000 * before.p50:.0f} ms before), "
            f"p99 {1000 * self.p99:.0f} ms ({1000 * before.p99:.0f} ms before)"
        )


class Crowd:
    """Requests that are sent and not waited for."""

    def __init__(self, gateway: Gateway, path: str, tokens: Callable[[], str]) -> None:
        self._address = urlsplit(gateway.url)
        self._path = path
        self._tokens = tokens
        self._selector = selectors.DefaultSelector()
        self.sent = 0
        self.answers: list[bytes] = []
        """The beginnings of those that came."""

    def send(self) -> None:
        """Send one more."""
        connection = socket.create_connection((self._address.hostname, self._address.port))
        head = f"GET {self._path} HTTP/1.1\r\nHost: {self._address.netloc}\r\n"
        head += f"X-Auth-Token: {self._tokens()}\r\n\r\n"
        connection.sendall(head.encode())
        self._selector.register(connection, selectors.EVENT_READ)
        self.sent += 1

    def receive(self, seconds: float) -> None:
        """Receive what comes in this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._selector.get_map():
            for key, _events in self._selector.select(left):
                self.answers.append(key.fileobj.recv(4096))  # type: ignore[union-attr]
                self._drop(key.fileobj)  # type: ignore[arg-type]

    def close(self) -> None:
        """Go away."""
        for key in list(self._selector.get_map().values()):
            self._drop(key.fileobj)  # type: ignore[arg-type]
        self._selector.close()

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()

    @property
    def waiting(self) -> int:
        """How many have no answer."""
        return len(self._selector.get_map())

    @property
    def refused(self) -> int:
        """How many were answered with 503."""
        return sum(answer.startswith(_REFUSED) for answer in self.answers)


@contextlib.contextmanager
def crowded(lane: Lane, gateway: Gateway, service: str, size: int) -> Iterator[Crowd]:
    """Within, the service hangs, and a crowd waits for it: those who may, and the rest is refused.

    :param size: how many requests come
    """
    known = str(lane.cloud.auth_token)
    tokens = itertools.cycle([known]).__next__ if service != "identity" else _unknown_token
    crowd = Crowd(gateway, PATHS[service][0], tokens)
    with lane.proxy.fault(Rule("hang", frozenset({service}))):
        try:
            for _number in range(size):
                crowd.send()
            end = time.monotonic() + _PATIENCE_SECONDS
            while crowd.waiting > size / 2 and time.monotonic() < end:
                crowd.receive(1)
            yield crowd
        finally:
            crowd.close()


def _unknown_token() -> str:
    return f"unknown-{uuid.uuid4().hex}"


def measured(client: Client, path: str, times: int, crowd: Crowd | None = None) -> Times:
    """How long a GET takes; between two of them, one more request of the crowd comes."""
    seconds = []
    statuses = set()
    for _number in range(times):
        started = time.monotonic()
        statuses.add(client.request("GET", path).status_code)
        seconds.append(time.monotonic() - started)
        if crowd is not None:
            # Sent with the GET, each of them would add the time of its own work to it.
            crowd.send()
            crowd.receive(_INTERVAL_SECONDS)
        else:
            time.sleep(_INTERVAL_SECONDS)
    p99 = statistics.quantiles(seconds, n=100, method="inclusive")[-1]
    return Times(statistics.median(seconds), p99, frozenset(statuses))


def rows(work: Workspace, size: int = CROWD, times: int = _MEASUREMENTS) -> Iterator[Row]:
    """What does not need a service, while it hangs and a crowd waits for it."""
    for service, (_own, other) in PATHS.items():
        # The limits of time are the usual ones, so the crowd waits for as long as this takes.
        # With the usual 30 s, the client's token would have to be validated while Keystone hangs.
        gateway = work.lane.start_gateway(
            service_user={"timeout": "60"},
            api={"request_timeout": "90"},
            keystone_authtoken={"token_cache_time": "300"},
        )
        client = Client(gateway.url, work.lane.cloud.auth_token)
        paths = ("/healthcheck", "/readiness", other)
        before = {path: measured(client, path, times) for path in paths}
        with crowded(work.lane, gateway, service, size) as crowd:
            during = {path: measured(client, path, times, crowd) for path in paths}
        gateway.stop()
        for path in paths:
            yield _row(service, path, before[path], during[path])


def _row(service: str, path: str, before: Times, during: Times) -> Row:
    is_fast = during.p50 <= _LONGEST_P50 * before.p50 and during.p99 <= _LONGEST_P99
    is_right = path == "/readiness" or during.statuses == {200}
    return Row(
        service,
        f"hang, with {CROWD} requests",
        f"GET {path}",
        f"answered; p50 within {_LONGEST_P50} times that before, p99 within {_LONGEST_P99:.0f} s",
        during.described(before),
        is_fast and is_right,
    )
