# SPDX-License-Identifier: Apache-2.0
"""A small load for a gateway: reads, the lives of two instances, and requests that are refused."""

import contextlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Final

import requests

from doc.real_runs import Demo
from tests.functional.client import Client

_INSTANCES: Final = 2
_STATE_SECONDS: Final = 120
# Seconds between two requests of the same kind.
_READ_PAUSE: Final = 0.7
_POLL_PAUSE: Final = 1
_REFUSAL_PAUSE: Final = 8
_FAILURE_PAUSE: Final = 5
_LISTS: Final = ("instances", "volumes", "instances", "images", "flavors", "vpcs", "keypairs")
_COMMANDS: Final = (("stop", "stopped"), ("start", "active"), ("soft-reboot", "active"))
_MALFORMED: Final = b"GET / HTTP/one\r\n\r\n"


class LoadFailure(Exception):
    """The gateway or the cloud did not do what the next step of the load needs."""


class Load:
    """Requests to a gateway, from one thread for each kind.

    A request that fails is part of the picture: the thread goes on with its next one.

    :param url: of the gateway
    """

    def __init__(self, url: str, cloud: Demo) -> None:
        self._url = url
        self._cloud = cloud
        self._name = f"picture-{secrets.token_hex(4)}"
        self._ends = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Send requests during the block; afterwards, its instances are deleted."""
        kinds = [self._read, self._refuse, *[self._live] * _INSTANCES]
        threads = [threading.Thread(target=self._repeat, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ends.set()
            for thread in threads:
                thread.join()
            self._cloud.remove_instances(self._name)

    def _repeat(self, kind: Callable[[Client], None]) -> None:
        while not self._ends.is_set():
            try:
                kind(self._cloud.client(self._url))
            except (AssertionError, LoadFailure, requests.RequestException) as failure:
                print(f"the load goes on after: {str(failure)[:200]}")
                self._ends.wait(_FAILURE_PAUSE)

    def _read(self, client: Client) -> None:
        """Read each kind of resource, with a token of its own."""
        for name in _LISTS * 3:
            if self._ends.wait(_READ_PAUSE):
                return
            client.request("GET", f"/api/v1/{name}")

    def _refuse(self, client: Client) -> None:
        """Send requests that the policy, the authentication and the HTTP server refuse."""
        client.request("GET", "/api/v1/public-ips")
        client.request("GET", "/api/v1/instances/00000000-0000-4000-8000-000000000000")
        Client(self._url, "of-nobody").request("GET", "/api/v1/instances")
        with socket.create_connection(("127.0.0.1", int(self._url.rpartition(":")[2]))) as sent:
            sent.sendall(_MALFORMED)
            sent.recv(1)
        self._ends.wait(_REFUSAL_PAUSE)

    def _live(self, client: Client) -> None:
        """Create an instance, stop, start and reboot it, and delete it."""
        body = client.instance_body(self._cloud.subnet_id) | {"name": self._name}
        instance_id = client.create_instance(body)
        path = f"/api/v1/instances/{instance_id}"
        try:
            self._wait(client, path, "active")
            for command, status in _COMMANDS:
                if self._ends.is_set():
                    return
                client.request("POST", f"{path}/{command}")
                self._ends.wait(_POLL_PAUSE)
                self._wait(client, path, status)
        finally:
            self._delete(client, path)

    def _wait(self, client: Client, path: str, status: str) -> None:
        """Poll an instance until it has a status, or the load ends.

        :raises LoadFailure: it does not have it in time
        """
        for _poll in range(_STATE_SECONDS):
            if self._ends.wait(_POLL_PAUSE):
                return
            response = client.request("GET", path)
            if response.ok and response.json()["instance"]["status"] == status:
                return
        raise LoadFailure(f"an instance is not {status} after {_STATE_SECONDS} polls")

    def _delete(self, client: Client, path: str) -> None:
        """Delete an instance, also if its first attempts fail.

        :raises LoadFailure: it still exists
        """
        for _attempt in range(_STATE_SECONDS):
            with contextlib.suppress(requests.RequestException):
                if client.delete(path) == 404:
                    return
            threading.Event().wait(_POLL_PAUSE)
        raise LoadFailure("an instance could not be deleted")
