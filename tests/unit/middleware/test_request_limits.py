# SPDX-License-Identifier: Apache-2.0
"""How many headers and query parameters a request may have."""

from typing import Any

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

PATHS = ["/api/v1/flavors", "/healthcheck", "/identity/v3/auth/tokens", "/nowhere"]


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [101, 1_000, 10_000])
def test_too_many_headers(member: Caller, cloud: Cloud, path: str, count: int) -> None:
    """They are 431 on every path, before a token is looked at."""
    headers = {f"X-Header-{number}": "value" for number in range(count)}
    error = refusal(member.get(path, headers=headers), 431, "headers_too_large")
    assert "100" in error["message"]
    assert cloud.calls() == []


@pytest.mark.parametrize("name", ["Cache-Control", "Accept", "If-None-Match", "X-Auth-Token"])
def test_long_headers(member: Caller, cloud: Cloud, name: str) -> None:
    """A repeated header is 431 if its values together are too long to be parsed quickly."""
    values = ",".join(['"\\' * 4000] * 3)
    error = refusal(member.get("/api/v1/flavors", headers={name: values}), 431, "headers_too_large")
    assert "8 KB" in error["message"]
    assert cloud.calls() == []


def test_many_headers(member: Caller, populated: Cloud) -> None:
    """What gunicorn lets through is taken."""
    headers = {f"X-Header-{number}": "value" for number in range(90)}
    assert member.get("/api/v1/flavors", headers=headers).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("count", [101, 1_000])
@pytest.mark.parametrize("form", ["name={}", "p{}=1", "", "="])
def test_too_many_parameters(
    member: Caller, cloud: Cloud, path: str, count: int, form: str
) -> None:
    """They are 400 on every path, before a token is looked at."""
    query = "&".join(form.format(number) for number in range(count))
    error = refusal(member.get(f"{path}?{query}"), 400, "invalid_request")
    assert error["message"] == "The query has too many parameters: send at most 100."
    assert cloud.calls() == []


def test_hundred_parameters(member: Caller, populated: Cloud) -> None:
    """They are read, and those that nobody knows are refused by name."""
    query = "&".join(f"p{number}=1" for number in range(100))
    error = refusal(member.get(f"/api/v1/flavors?{query}"), 400, "invalid_request")
    assert "Unknown field" in error["message"]
