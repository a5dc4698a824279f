# SPDX-License-Identifier: Apache-2.0
"""Restarts under load: no request fails while gateways reload or are replaced.

The gateways have no OpenStack behind them, so the requests are those that they answer alone. The
clients behave as a load balancer does: they keep connections, try the next gateway if one refuses a
connection, and send a GET again if a kept connection was closed before the answer. A POST is never
sent twice.
"""

import collections
import contextlib
import dataclasses
import http.client
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.functional.client import Gateway
from tests.functional.lone_gateway import lone_gateway

CLIENTS: Final = 8
GATEWAYS: Final = 2
_TIMEOUT: Final = 60.0
_POLL: Final = 0.1
# Method, path, and the status of its answer: none of them asks a service.
_REQUESTS: Final = (
    ("GET", "/healthcheck", 200),
    ("GET", "/api/v1/lifecycle", 200),
    ("GET", "/api/v1/instances", 401),
    ("GET", "/api/v1/nothing", 401),
    ("POST", "/api/v1/volumes", 401),
)


@dataclasses.dataclass
class Result:
    """What the clients saw."""

    reloads: int = 0
    replacements: int = 0
    requests: int = 0
    refused_connections: int = 0
    closed_connections: int = 0
    """Kept connections that were closed before the answer to a GET, which was sent again."""
    failures: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    longest_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether there were restarts and requests, and no request failed."""
        return bool(self.reloads and self.replacements and self.requests) and not self.failures


class Pool:
    """The ports of the gateways that a load balancer knows."""

    def __init__(self) -> None:
        self._ports: tuple[int, ...] = ()

    def add(self, gateway: Gateway) -> None:
        """Let the clients use a gateway."""
        self._ports = (*self._ports, gateway.port)

    def remove(self, gateway: Gateway) -> None:
        """Let the clients use a gateway no longer."""
        self._ports = tuple(port for port in self._ports if port != gateway.port)

    def in_random_order(self, chance: random.Random) -> list[int]:
        """The ports, for one attempt to connect."""
        return chance.sample(self._ports, len(self._ports))


class LoadClient(threading.Thread):
    """Sends requests one after the other, by a kept connection, until it is stopped."""

    def __init__(self, number: int, pool: Pool, result: Result, lock: threading.Lock) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(number)  # noqa: S311 - repeatable, not secret
        self._pool = pool
        self._result = result
        self._lock = lock
        self._stopped = threading.Event()
        self._connection: http.client.HTTPConnection | None = None

    def stop(self) -> None:
        """End after the present request."""
        self._stopped.set()
        self.join(_TIMEOUT)

    def run(self) -> None:
        """Send requests."""
        while not self._stopped.is_set():
            method, path, status = self._chance.choice(_REQUESTS)
            begin = time.monotonic()
            problem = self._send(method, path, status)
            with self._lock:
                self._result.requests += 1
                longest = max(self._result.longest_seconds, time.monotonic() - begin)
                self._result.longest_seconds = round(longest, 3)
                if problem:
                    self._result.failures[f"{method} {path}: {problem}"] += 1
        self._close()

    def _send(self, method: str, path: str, status: int) -> str:
        """Send a request and read its answer; the problem, or an empty text."""
        is_kept = self._connection is not None
        try:
            connection = self._connected()
            connection.request(method, path, headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError) as error:
            self._close()
            is_closed = isinstance(error, http.client.RemoteDisconnected | ConnectionError)
            if is_kept and is_closed and method == "GET":
                with self._lock:
                    self._result.closed_connections += 1
                return self._send(method, path, status)
            return repr(error)
        if answer.will_close:
            self._close()
        return "" if answer.status == status else f"answered {answer.status}"

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is not None:
            return self._connection
        for port in self._pool.in_random_order(self._chance):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
            try:
                connection.connect()
            except ConnectionRefusedError:
                with self._lock:
                    self._result.refused_connections += 1
                continue
            self._connection = connection
            return connection
        raise ConnectionRefusedError("every gateway refused the connection")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Restarts:
    """A run with gateways of its own."""

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self._directory = directory
        self._say = say
        self._pool = Pool()
        self._started = 0

    def run(self, count: int) -> Result:
        """Restart a gateway ``count`` times: every second time by SIGHUP, else by a new one."""
        result, begin = Result(), time.monotonic()
        with contextlib.ExitStack() as stack:
            gateways = [self._start(stack) for _number in range(GATEWAYS)]
            with self._load(result):
                for number in range(count):
                    position = number // 2 % GATEWAYS
                    if number % 2:
                        gateways[position] = self._replace(gateways[position], stack)
                        result.replacements += 1
                    else:
                        _reload(gateways[position])
                        result.reloads += 1
                    self._say(
                        f"proofs: {number + 1} restarts, {result.requests} requests, "
                        f"{sum(result.failures.values())} failed"
                    )
        result.seconds = time.monotonic() - begin
        return result

    @contextlib.contextmanager
    def _load(self, result: Result) -> Iterator[None]:
        lock = threading.Lock()
        clients = [LoadClient(number, self._pool, result, lock) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            for client in clients:
                client.stop()

    def _start(self, stack: contextlib.ExitStack) -> Gateway:
        """Start a gateway that the clients use."""
        self._started += 1
        directory = self._directory / str(self._started)
        directory.mkdir()
        gateway = stack.enter_context(lone_gateway(directory))
        self._pool.add(gateway)
        return gateway

    def _replace(self, old: Gateway, stack: contextlib.ExitStack) -> Gateway:
        """Start a new gateway, and stop the old one while the clients still use it."""
        new = self._start(stack)
        assert old.stop() == 0
        self._pool.remove(old)
        return new


def workers(gateway: Gateway) -> set[int]:
    """The ids of the processes that answer requests."""
    pid = gateway.process.pid
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _reload(gateway: Gateway) -> None:
    """Send SIGHUP, and return when new processes have taken the place of all old ones."""
    old = workers(gateway)
    gateway.process.send_signal(signal.SIGHUP)
    while not (new := workers(gateway)) or new & old:
        assert gateway.process.poll() is None, gateway.log.read_text()[-3000:]
        time.sleep(_POLL)
