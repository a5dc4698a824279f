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
from tests.faults.rules import Rule
from tests.functional.client import Client, Gateway

CROWD: Final = 500
_PATIENCE_SECONDS: Final = 30
_INTERVAL_SECONDS: Final = 0.05
_REFUSED: Final = b"HTTP/1.1 503"

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
    failures: int


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
    """How long a GET takes; meanwhile one more request of the crowd comes now and then."""
    seconds = []
    failures = 0
    for _number in range(times):
        if crowd is not None:
            crowd.send()
        started = time.monotonic()
        response = client.request("GET", path)
        seconds.append(time.monotonic() - started)
        failures += response.status_code != 200
        if crowd is not None:
            crowd.receive(_INTERVAL_SECONDS)
        else:
            time.sleep(_INTERVAL_SECONDS)
    return Times(statistics.median(seconds), statistics.quantiles(seconds, n=100)[-1], failures)
