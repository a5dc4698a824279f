# SPDX-License-Identifier: Apache-2.0
"""Clients that are slow, or send nothing at all: they hold connections, and no thread."""

from collections.abc import Iterator

import pytest
import requests

from tests.functional.client import Gateway
from tests.functional.lone_gateway import lone_gateway
from tests.functional.slow_clients import HALF_BODY, HALF_HEAD, unfinished_requests

ALL_THREADS = 64


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway that these tests share."""
    with lone_gateway(tmp_path_factory.mktemp("gateway")) as gateway:
        yield gateway


@pytest.mark.parametrize("begun", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "head", "body"])
@pytest.mark.parametrize("count", [ALL_THREADS, 1_000])
def test_unfinished_requests(gateway: Gateway, begun: bytes, count: int) -> None:
    """Others are answered, however many clients do not finish what they have begun."""
    with unfinished_requests(gateway.port, begun, count):
        for _time in range(10):
            response = requests.get(f"{gateway.url}/healthcheck", timeout=30)
            assert response.status_code == 200
