# SPDX-License-Identifier: Apache-2.0
"""Clients of the event feed, which note when each event arrives."""

import dataclasses
import json
import selectors
import socket
import threading
import time
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from tests.functional.client import Client

JSON = dict[str, Any]

EVENTS: Final = "/api/v1/events"
STREAM: Final = "server-sent events"
WAIT: Final = "wait"
_WAIT_SECONDS: Final = 30
_TIMEOUT: Final = 120
_RECEIVED_BYTES: Final = 2**16


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """An event that a client received."""

    instance_id: str
    state: str
    at: float
    """When the client received it, in seconds since the epoch."""


class FeedClient:
    """Receives events until it is stopped."""

    def __init__(self, client: Client, kind: str) -> None:
        self.kind = kind
        self.arrivals: list[Arrival] = []
        self._client = client
        self._cursor = str(client.get(EVENTS)["cursor"])
        self._stopped = threading.Event()
        run = self._read_stream if kind == STREAM else self._wait
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Receive no more; the thread ends with its current request."""
        self._stopped.set()

    def _read_stream(self) -> None:
        headers = {"X-Auth-Token": str(self._client.token), "Accept": "text/event-stream"}
        while not self._stopped.is_set():
            headers["Last-Event-ID"] = self._cursor
            url = f"{self._client.url}{EVENTS}"
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
                # One byte at a time: larger pieces would be held back until they are full.
                for line in response.iter_lines(chunk_size=1):
                    if line.startswith(b"data: "):
                        event = json.loads(line.removeprefix(b"data: "))
                        self._note([event])
                        self._cursor = event["cursor"]
                    if self._stopped.is_set():
                        return

    def _wait(self) -> None:
        while not self._stopped.is_set():
            body = self._client.get(EVENTS, after=self._cursor, wait=_WAIT_SECONDS)
            self._note(body["events"])
            self._cursor = body["cursor"]

    def _note(self, events: list[JSON]) -> None:
        now = time.time()
        self.arrivals += [
            Arrival(event["id"], event["state"], now)
            for event in events
            if event["type"] == "instance"
        ]


class WaitingClients:
    """Many requests that wait for the next event, each on a connection of its own."""

    def __init__(self, client: Client, count: int) -> None:
        address = urlsplit(client.url)
        cursor = client.get(EVENTS)["cursor"]
        request = (
            f"GET {EVENTS}?after={cursor}&wait={_WAIT_SECONDS}&type=instance HTTP/1.1\r\n"
            f"Host: {address.netloc}\r\nX-Auth-Token: {client.token}\r\n\r\n"
        ).encode()
        self._sockets = []
        for _number in range(count):
            connection = socket.create_connection((str(address.hostname), address.port), _TIMEOUT)
            connection.sendall(request)
            self._sockets.append(connection)

    def receive(self, text: bytes, seconds: float) -> list[float]:
        """When a text arrived in each answer; answers without it are left out."""
        arrived = []
        answers = dict.fromkeys(self._sockets, b"")
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            for waiting in self._sockets:
                selector.register(waiting, selectors.EVENT_READ)
            while selector.get_map() and (left := end - time.monotonic()) > 0:
                for key, _events in selector.select(left):
                    connection = key.fileobj
                    assert isinstance(connection, socket.socket)
                    data = connection.recv(_RECEIVED_BYTES)
                    answers[connection] += data
                    if text in answers[connection]:
                        arrived.append(time.time())
                    if not data or text in answers[connection]:
                        selector.unregister(connection)
        return arrived

    def close(self) -> None:
        """Close all connections."""
        for connection in self._sockets:
            connection.close()
