# SPDX-License-Identifier: Apache-2.0
"""A client of the gateway, and the gateway's process."""

import configparser
import functools
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import requests

JSON = dict[str, Any]

# Seconds between two looks. A look at an instance costs OpenStack six calls, with those that Nova
# makes to Neutron, and tests that run at the same time wait for them.
PAUSE = 0.5
# Together much shorter than [keystone_authtoken] token_cache_time.
_READS = 3

# Of this run alone: tests of another version of the code may run on the same Redis.
KEY_PREFIX = f"test-{os.getpid()}:"


class Client:
    """Requests to the gateway with one token."""

    patience = 1.0  # what every wait takes times this, in a cloud that is slower

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.token = token
        self.session = requests.Session()
        if token:
            self.session.headers["X-Auth-Token"] = token

    @classmethod
    def from_credential(cls, url: str, credential: JSON) -> "Client":
        """A client whose token the gateway has issued for an application credential."""
        body = {
            "auth": {
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": credential,
                }
            }
        }
        response = requests.post(f"{url}/identity/v3/auth/tokens", json=body, timeout=60)
        assert response.status_code == 201, response.text
        return cls(url, response.headers["X-Subject-Token"])

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Any request."""
        return self.session.request(method, self.url + path, timeout=120, **kwargs)

    def get(self, path: str, **query: Any) -> JSON:
        """A GET that must be answered."""
        response = self.request("GET", path, params=query)
        assert response.status_code == 200, response.text
        body: JSON = response.json()
        return body

    def delete(self, path: str) -> int:
        """A DELETE; its status."""
        return self.request("DELETE", path).status_code

    def instance_body(self, subnet_id: str, flavor: str = "t1i.micro") -> JSON:
        """A small machine from the smaller image."""
        flavors = self.get("/api/v1/flavors", name=flavor)["flavors"]
        images = self.get("/api/v1/images", name="ubuntu")["images"]
        return {
            "name": "functional",
            "image_id": images[0]["id"],
            "flavor_id": flavors[0]["id"],
            "subnets": [{"id": subnet_id}],
            "volumes": [{"size": 2}],
            "security_groups": None,
        }

    def create_instance(self, body: JSON) -> str:
        """Ask for an instance; its id."""
        response = self.request("POST", "/api/v1/instances", json={"instance": body})
        assert response.status_code == 202, response.text
        return str(response.json()["instance"]["id"])

    def get_instance(self, instance_id: str) -> JSON:
        """An instance."""
        instance: JSON = self.get(f"/api/v1/instances/{instance_id}")["instance"]
        return instance

    def watch(
        self, instance_id: str, *ends: str, within: float = 90, pause: float = PAUSE
    ) -> list[tuple[str, bool]]:
        """The documented states, with their billing flag, until the status is one of ``ends``.

        :param pause: between two looks, in seconds; a state that is shorter may pass unseen
        """
        seen: list[tuple[str, bool]] = []
        end = time.monotonic() + within * self.patience
        while True:
            instance = self.get_instance(instance_id)
            state = (instance["lifecycle"]["state"], instance["lifecycle"]["billable"])
            if not seen or seen[-1] != state:
                seen.append(state)
            if instance["status"] in ends:
                return seen
            assert instance["status"] != "error", f"after {seen} the instance is in Error"
            assert time.monotonic() < end, f"none of {ends} in {within} s: {seen}"
            time.sleep(pause)

    def wait_until_gone(self, path: str, within: float) -> None:
        """Return when a resource answers 404."""
        end = time.monotonic() + within * self.patience
        while self.request("GET", path).status_code != 404:
            assert time.monotonic() < end, f"{path} is still there after {within} s"
            time.sleep(PAUSE)


class Gateway:
    """kic-vm-api in a process of its own, on a free port."""

    def __init__(self, base: Path, directory: Path, options: dict[str, dict[str, str]]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = directory / "log"
        config = configparser.ConfigParser(interpolation=None, default_section="none")
        config.read(base)
        given = {
            "api": {"port": str(self.port), "workers": "1"},
            "redis": {"key_prefix": KEY_PREFIX},
        }
        for group, values in [*given.items(), *options.items()]:
            if not config.has_section(group):
                config.add_section(group)
            for name, value in values.items():
                config.set(group, name, value)
        self._redis_url = config.get("redis", "url")
        self._config, self._path = config, directory / "kic-vm.conf"
        self._path.touch(0o600)
        self._write_configuration()
        command = Path(sys.executable).with_name("kic-vm-api")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [command, "--config-file", self._path],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={key: value for key, value in os.environ.items() if key != "KIC_VM_CONFIG"},
            )

    def _write_configuration(self) -> None:
        with self._path.open("w") as file:
            self._config.write(file)

    def reload(self, group: str, name: str, value: str) -> None:
        """Change an option in its file and ask it to read that again."""
        self._config.read_dict({group: {name: value}})
        self._write_configuration()
        self.process.send_signal(signal.SIGHUP)

    def wait_until_alive(self) -> None:
        """Return when the gateway answers."""
        end = time.monotonic() + 120
        while True:
            try:
                requests.get(f"{self.url}/healthcheck", timeout=30)
            except requests.RequestException:
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                assert time.monotonic() < end, self.log.read_text()[-3000:]
                time.sleep(0.1)
            else:
                return

    @functools.cached_property
    def redis(self) -> "redis.Redis[bytes]":
        """The Redis that it uses."""
        return redis.Redis.from_url(self._redis_url)

    def access_lines(self, route: str) -> list[dict[str, str]]:
        """The access log's lines for a route, as key and value."""
        lines = [line for line in self.log.read_text().splitlines() if f" route={route} " in line]
        return [
            dict(pair.split("=", 1) for pair in line.partition("] ")[2].split()) for line in lines
        ]

    def count_upstream_calls(self, route: str, read: Callable[[], object]) -> int:
        """The upstream calls of a GET request to a route while its token is in the cache.

        It is sent three times, and the smallest number counts: the token can leave the cache before
        one of them, and validating it again is one more call.
        """
        for _number in range(_READS):
            read()
        lines = self.access_lines(route)[-_READS:]
        assert [line["method"] for line in lines] == ["GET"] * _READS
        return min(int(line["upstream_calls"]) for line in lines)

    def begin_request(self) -> Callable[[], http.client.HTTPResponse]:
        """Send a part of a request for a token; what is returned sends the rest of it.

        Meanwhile the request has begun, and the server waits for the rest of the body. It asks
        for nothing, so the answer is 400.
        """
        body = json.dumps({"auth": {"identity": {"methods": ["password"]}}}).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.putrequest("POST", "/identity/v3/auth/tokens")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.send(body[:10])
        time.sleep(1)

        def complete() -> http.client.HTTPResponse:
            connection.send(body[10:])
            return connection.getresponse()

        return complete

    def stop(self) -> int:
        """Ask it to stop; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=90)


def free_port() -> int:
    """A port of 127.0.0.1 at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
