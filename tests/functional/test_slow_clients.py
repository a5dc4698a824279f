"""Clients that are slow, or send nothing at all: they hold connections, and no thread."""

from collections.abc import Iterator

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.slow_clients import HALF_BODY, HALF_HEAD, unfinished_requests

# No service is needed for /healthcheck, nor for what is wrong with a request.
CONFIGURATION = """
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:9/v3
username = kic-vm
password = none
service_type = kic-vm
[service_user]
auth_type = password
auth_url = http://127.0.0.1:9/v3
username = kic-vm
password = none
[redis]
url = redis://127.0.0.1:9/0
"""
ALL_THREADS = 64


@pytest.fixture(scope="module")
def lone_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with the default number of processes and threads, and nothing behind it."""
    directory = tmp_path_factory.mktemp("lone-gateway")
    base = directory / "base.conf"
    base.write_text(CONFIGURATION)
    gateway = Gateway(base, directory, {"api": {"workers": "2"}})
    try:
        gateway.wait_until_alive()
        yield gateway
    finally:
        assert gateway.stop() == 0


def is_alive(gateway: Gateway) -> bool:
    return requests.get(f"{gateway.url}/healthcheck", timeout=5).status_code == 200


@pytest.mark.parametrize("begun", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
@pytest.mark.parametrize("count", [ALL_THREADS, 1_000])
def test_unfinished_requests(lone_gateway: Gateway, begun: bytes, count: int) -> None:
    """Others are answered, however many clients do not finish what they have begun."""
    with unfinished_requests(lone_gateway.port, begun, count):
        for _time in range(10):
            assert is_alive(lone_gateway)
