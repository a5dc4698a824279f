# SPDX-License-Identifier: Apache-2.0
"""GET /metrics: on its own port, for whoever reaches it, and nowhere else."""

from typing import Any

import pytest
from werkzeug.test import Client

from kic_vm.metrics.registry import CONTENT_TYPE
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller

PORT = 9788
METRICS = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return f"[metrics]\nport = {PORT}\n"


@pytest.fixture
def prometheus(application: Any, cloud: Cloud) -> Client:
    return Client(application)


def test_metrics(prometheus: Client) -> None:
    """They come as Prometheus reads them, without a token."""
    response = prometheus.get("/metrics", base_url=METRICS)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == CONTENT_TYPE
    assert "# TYPE kic_vm_request_duration_seconds histogram" in response.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/healthcheck", 404),
        ("GET", "/api/v1/instances", 404),
        ("GET", "/", 404),
    ],
)
def test_nothing_else(prometheus: Client, method: str, path: str, status: int) -> None:
    """The API is not there."""
    assert prometheus.open(path, method=method, base_url=METRICS).status_code == status


def test_not_at_the_api(prometheus: Client, member: Caller) -> None:
    """At the other port it is a path that there is not, whatever Host a client sends."""
    assert prometheus.get("/metrics").status_code == 401
    headers = {"Host": f"127.0.0.1:{PORT}", "X-Forwarded-Port": str(PORT)}
    environ = {"SERVER_PORT": "8788"}
    forged = prometheus.get("/metrics", headers=headers, environ_overrides=environ)
    assert forged.status_code == 401
    assert member.get("/metrics").status_code == 404


class TestUnset:
    """Without [metrics] port."""

    @pytest.fixture
    def options(self) -> str:
        return ""

    def test_off(self, prometheus: Client) -> None:
        """There is no such port, and no such path."""
        assert prometheus.get("/metrics", base_url=METRICS).status_code == 401
