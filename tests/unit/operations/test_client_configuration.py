# SPDX-License-Identifier: Apache-2.0
"""What the official clients resolve before they begin."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
SERVICES = ["iam", "config", "bcs", "volume", "image", "network", "vpc"]


def resolved(caller: Caller, what: str, operation: str, **kwargs: Any) -> JSON:
    """The data of an answer that the clients can read."""
    response = caller.get(f"/api/v1/{what}/resolve", **kwargs)
    assert response.status_code == 200, response.text
    assert check("config", operation, response.json) == []
    assert response.json["success"] is True
    data: JSON = response.json["data"]
    return data


def test_endpoints(reader: Caller) -> None:
    """Every service is at the address that the client has used."""
    data = resolved(reader, "client-endpoints", "ResolveClientEndpoint", headers={"Host": "gw:88"})
    assert data["service_endpoints"] == dict.fromkeys(SERVICES, "http://gw:88")


def test_zones(reader: Caller) -> None:
    """Every service that has zones has the configured ones."""
    data = resolved(reader, "az-policies", "ResolveAzPolicy")
    assert data["services"] == {service: ["kr-central-2-a"] for service in ("bcs", "volume", "vpc")}


@pytest.mark.parametrize(("service", "known"), [("bcs", True), ("iam", True), ("k8se", False)])
def test_metadata(reader: Caller, service: str, known: bool) -> None:
    """A service of the gateway has its address; another one has none."""
    query = {"service": service}
    data = resolved(reader, "client-metadata", "ResolveClientMetadata", query_string=query)
    assert data["upstreams"] == ({service: "http://localhost"} if known else {})
    assert data["cors"] == {"allowed_origins": []}


def test_metadata_of_nothing(reader: Caller) -> None:
    """Without a service it is 400."""
    message = refusal(reader.get("/api/v1/client-metadata/resolve"), 400, "invalid_request")
    assert "service" in message["message"]


def test_same_every_time(reader: Caller) -> None:
    """Two answers are the same, id and times included."""
    answers = [reader.get("/api/v1/client-endpoints/resolve").json for _ in range(2)]
    assert answers[0] == answers[1]


class TestConfigured:
    """Public address, zones and browser origins from the configuration."""

    @pytest.fixture
    def options(self) -> str:
        return """
[api]
public_url = https://api.kakao.test/
[availability_zones]
zones = kr-central-2-a:one,kr-central-2-b:two
[cors]
allowed_origin = https://console.test
"""

    def test_all(self, reader: Caller) -> None:
        """The operator's words are what clients get."""
        data = resolved(reader, "client-endpoints", "ResolveClientEndpoint")
        assert set(data["service_endpoints"].values()) == {"https://api.kakao.test"}
        data = resolved(reader, "az-policies", "ResolveAzPolicy")
        assert data["services"]["vpc"] == ["kr-central-2-a", "kr-central-2-b"]
        data = resolved(
            reader,
            "client-metadata",
            "ResolveClientMetadata",
            query_string={"service": "bcs"},
        )
        assert data["cors"] == {"allowed_origins": ["https://console.test"]}


OTHER_HEADER = {"Forwarded": "for=192.0.2.7;proto=http;host=evil.example.org"}
FORWARDED = [
    ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "vm.example.org"}, ""),
    (
        {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "vm.example.org"} | OTHER_HEADER,
        "",
    ),
    (
        {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "vm.example.org",
            "X-Forwarded-Prefix": "/kic",
        },
        "/kic",
    ),
]


@pytest.mark.parametrize(("headers", "prefix"), FORWARDED)
def test_forwarded_headers_of_anybody(reader: Caller, headers: JSON, prefix: str) -> None:
    """Unless the operator says that a proxy sets them, they count for nothing."""
    data = resolved(reader, "client-endpoints", "ResolveClientEndpoint", headers=headers)
    assert set(data["service_endpoints"].values()) == {"http://localhost"}


class TestBehindAProxy:
    """The operator says that a proxy sets the headers."""

    @pytest.fixture
    def options(self) -> str:
        return "[oslo_middleware]\nenable_proxy_headers_parsing = true\n"

    @pytest.mark.parametrize(("headers", "prefix"), FORWARDED)
    def test_endpoints(self, reader: Caller, headers: JSON, prefix: str) -> None:
        """The services are at the address that the proxy was asked for."""
        data = resolved(reader, "client-endpoints", "ResolveClientEndpoint", headers=headers)
        assert set(data["service_endpoints"].values()) == {f"https://vm.example.org{prefix}"}

    def test_forwarded(self, reader: Caller) -> None:
        """The proxy passes Forwarded on as the client sent it, so it counts for nothing."""
        data = resolved(reader, "client-endpoints", "ResolveClientEndpoint", headers=OTHER_HEADER)
        assert set(data["service_endpoints"].values()) == {"http://localhost"}
