# SPDX-License-Identifier: Apache-2.0
"""Browsers from other origins: not served unless the operator says which."""

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller

ORIGIN = "https://console.test"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "X-Auth-Token,traceparent,tracestate",
}


def allowed(response: object) -> list[str]:
    """The CORS headers of an answer."""
    headers = response.headers  # type: ignore[attr-defined]
    return [name for name, _value in headers if name.lower().startswith("access-control-")]


def test_off_by_default(anybody: Caller, member: Caller, populated: Cloud) -> None:
    """Answers carry no CORS header, and a preflight request is refused."""
    assert allowed(member.get("/api/v1/instances", headers={"Origin": ORIGIN})) == []
    response = anybody.request("OPTIONS", "/api/v1/instances", headers=PREFLIGHT)
    assert (response.status_code, allowed(response)) == (401, [])


class TestConfigured:
    """[cors] allowed_origin names the console."""

    @pytest.fixture
    def options(self) -> str:
        return f"[cors]\nallowed_origin = {ORIGIN}"

    def test_preflight(self, anybody: Caller) -> None:
        """It is answered without a token, with our methods and headers."""
        response = anybody.request("OPTIONS", "/api/v1/instances", headers=PREFLIGHT)
        assert response.status_code == 200
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "PUT" in response.headers["Access-Control-Allow-Methods"]
        headers = response.headers["Access-Control-Allow-Headers"]
        assert set(headers.split(",")) == {"X-Auth-Token", "traceparent", "tracestate"}

    @pytest.mark.parametrize("path", ["/api/v1/instances", "/api/v1/nothing"])
    def test_answers(self, member: Caller, populated: Cloud, path: str) -> None:
        """Answers and errors may be read by the console, the request id too."""
        response = member.get(path, headers={"Origin": ORIGIN})
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "X-Openstack-Request-Id" in response.headers["Access-Control-Expose-Headers"]

    def test_other_origins(self, member: Caller, populated: Cloud) -> None:
        """Another origin gets no permission."""
        response = member.get("/api/v1/instances", headers={"Origin": "https://evil.test"})
        assert allowed(response) == []
