# SPDX-License-Identifier: Apache-2.0
"""The gateway as a process: readiness, stopping, tokens."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.contract import check
from tests.functional.client import Client, Gateway


def test_readiness_names_every_service(gateway: Gateway) -> None:
    """With everything up it is 200 and says how long each service took."""
    response = requests.get(f"{gateway.url}/readiness", timeout=30)
    assert response.status_code == 200
    report = response.json()
    assert report["ready"] is True
    assert set(report["services"]) == {"keystone", "nova", "cinder", "glance", "neutron", "redis"}
    assert all(item["ok"] and item["time_ms"] > 0 for item in report["services"].values())


def test_readiness_when_cinder_is_down(start_gateway: Callable[..., Gateway]) -> None:
    """It is 503, and only Cinder is named as the one that cannot be reached."""
    gateway = start_gateway(cinder={"endpoint_override": "http://127.0.0.1:9/v3"})
    response = requests.get(f"{gateway.url}/readiness", timeout=30)
    assert response.status_code == 503
    assert "cinder" in response.json()["error"]["message"]
    services = response.json()["services"]
    assert {name for name, item in services.items() if not item["ok"]} == {"cinder"}


def test_an_operation_when_a_service_is_down(
    start_gateway: Callable[..., Gateway], member: Client
) -> None:
    """It is 503 and names the service, not the address behind it."""
    gateway = start_gateway(glance={"endpoint_override": "http://127.0.0.1:9/"})
    response = requests.get(
        f"{gateway.url}/api/v1/images", headers=dict(member.session.headers), timeout=30
    )
    assert response.status_code == 503
    error = response.json()["error"]
    assert (error["code"], error["service"]) == ("upstream_unavailable", "image")
    assert "127.0.0.1" not in error["message"]


def test_without_redis(start_gateway: Callable[..., Gateway], member: Client) -> None:
    """With Redis gone the gateway works on, and says so without calling itself unready."""
    gateway = start_gateway(redis={"url": "redis://127.0.0.1:9/0"})
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    assert client.get("/api/v1/flavors")["pagination"]["total"] > 0
    report = client.get("/readiness")
    assert report["ready"] is True
    assert report["services"]["redis"]["ok"] is False


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GET /" + b"z" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "address_too_long"),
        (b"GET / HTTP/1.1\r\nZ: " + b"z" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"Z: z\r\n" * 101 + b"\r\n", 431, "headers_too_large"),
        (b"zzzz\r\n\r\n", 400, "malformed_request"),
        (b"GET / HTTP/1.1\r\nzzzz zzzz: z\r\n\r\n", 400, "malformed_request"),
        (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: zzzz\r\n\r\n",
            400,
            "malformed_request",
        ),
    ],
)
def test_what_is_no_request(gateway: Gateway, sent: bytes, status: int, code: str) -> None:
    """The error envelope answers it too, and the log does not repeat it."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        connection.sendall(sent)
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = json.loads(response.read())
    assert (response.status, body["error"]["code"]) == (status, code)
    assert response.headers["X-Openstack-Request-Id"] == body["error"]["request_id"]
    assert "zzzz" not in gateway.log.read_text()


def test_a_request_in_flight_is_answered(start_gateway: Callable[..., Gateway]) -> None:
    """A stop waits for a request that has begun, and then ends without an error."""
    gateway = start_gateway()
    complete = gateway.begin_request()
    stopping = threading.Thread(target=gateway.stop)
    stopping.start()
    time.sleep(1)
    response = complete()
    assert response.status == 400
    assert json.loads(response.read())["error"]["code"] == "invalid_request"
    stopping.join(timeout=60)
    assert gateway.process.returncode == 0


def test_tokens_pass_through(gateway: Gateway, standalone: Path, member: Client) -> None:
    """An issued token validates itself; wrong credentials are refused in the envelope."""
    token = str(member.session.headers["X-Auth-Token"])
    validated = requests.get(
        f"{gateway.url}/identity/v3/auth/tokens",
        headers={"X-Auth-Token": token, "X-Subject-Token": token},
        timeout=30,
    )
    assert validated.status_code == 200
    assert check("iam", "ValidateToken", validated.json()) == []
    assert validated.json()["token"]["project"]["name"] == "demo"

    credential = json.loads((standalone / "app-credential.json").read_text())
    refused = requests.post(
        f"{gateway.url}/identity/v3/auth/tokens",
        json={
            "auth": {
                "identity": {
                    "methods": ["application_credential"],
                    "application_credential": {"id": credential["id"], "secret": "wrong"},
                }
            }
        },
        timeout=30,
    )
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "unauthorized"
    assert token not in gateway.log.read_text()


def test_client_configuration(member: Client, gateway: Gateway) -> None:
    """Every service of the clients is at the gateway's own address."""
    for path, operation in (
        ("/api/v1/client-endpoints/resolve", "ResolveClientEndpoint"),
        ("/api/v1/az-policies/resolve", "ResolveAzPolicy"),
        ("/api/v1/client-metadata/resolve?service=bcs", "ResolveClientMetadata"),
    ):
        assert check("config", operation, member.get(path)) == []
    endpoints = member.get("/api/v1/client-endpoints/resolve")["data"]["service_endpoints"]
    assert set(endpoints.values()) == {gateway.url}


def test_what_anybody_says_of_a_proxy(gateway: Gateway, member: Client) -> None:
    """It counts for nothing, though it comes from the gateway's own host."""
    headers = {
        **member.session.headers,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "vm.example.org",
        "SCRIPT_NAME": "/zzzz",
    }
    response = requests.get(
        f"{gateway.url}/api/v1/client-endpoints/resolve", headers=headers, timeout=30
    )
    assert set(response.json()["data"]["service_endpoints"].values()) == {gateway.url}
