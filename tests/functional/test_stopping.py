# SPDX-License-Identifier: Apache-2.0
"""SIGTERM and SIGHUP while requests wait for a service: each of them is answered."""

import contextlib
import http.server
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.lone_gateway import lone_gateway
from tests.functional.serving import serving

REQUESTS = 12
"""Fewer than one process lets wait for a service: the others may still be starting."""
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "none", "secret": "none"},
        }
    }
}


class SlowKeystone:
    """Refuses every login, when it is allowed to."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.asked = threading.Semaphore(0)

    def wait_for_requests(self) -> None:
        """Return when all requests are there."""
        for _number in range(REQUESTS):
            assert self.asked.acquire(timeout=60)

    @property
    def handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        """For ``serving``."""
        keystone = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                keystone.asked.release()
                keystone.may_answer.wait(60)
                body = b'{"error": {"code": 401, "message": "no", "title": "Unauthorized"}}'
                self.send_response(401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


@pytest.fixture
def keystone() -> SlowKeystone:
    """A Keystone of the test's own."""
    return SlowKeystone()


@pytest.fixture
def gateway(keystone: SlowKeystone, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway before it."""
    with serving(keystone.handler) as address, lone_gateway(tmp_path, address) as gateway:
        yield gateway


def log_in(gateway: Gateway) -> int:
    url = f"{gateway.url}/identity/v3/auth/tokens"
    return requests.post(url, json=LOGIN, timeout=60).status_code


@pytest.fixture
def in_flight(gateway: Gateway, keystone: SlowKeystone) -> Iterator[list[Future[int]]]:
    """Requests that wait for Keystone."""
    with ThreadPoolExecutor(REQUESTS) as threads:
        logins = [threads.submit(log_in, gateway) for _number in range(REQUESTS)]
        keystone.wait_for_requests()
        yield logins
        keystone.may_answer.set()


def test_stop(gateway: Gateway, keystone: SlowKeystone, in_flight: list[Future[int]]) -> None:
    """New connections are refused, and the gateway ends after the last answer."""
    gateway.process.send_signal(signal.SIGTERM)
    with contextlib.suppress(requests.ConnectionError):
        while True:
            requests.get(f"{gateway.url}/healthcheck", timeout=30)
    keystone.may_answer.set()
    assert {login.result() for login in in_flight} == {401}
    assert gateway.process.wait(60) == 0


def test_reload(gateway: Gateway, keystone: SlowKeystone, in_flight: list[Future[int]]) -> None:
    """New processes take new requests, and the old ones answer theirs."""
    gateway.process.send_signal(signal.SIGHUP)
    for _time in range(20):
        response = requests.get(f"{gateway.url}/healthcheck", timeout=30)
        assert response.status_code == 200
    keystone.may_answer.set()
    assert {login.result() for login in in_flight} == {401}
