# SPDX-License-Identifier: Apache-2.0
"""Secrets of real services: told once, and not in the log, whatever is turned on in it."""

import uuid
from collections.abc import Callable, Iterator

import openstack
import pytest

from tests.functional.client import Client, Gateway

Cloud = Callable[[str], openstack.connection.Connection]


@pytest.fixture(scope="module")
def talkative(start_gateway: Callable[..., Gateway]) -> Gateway:
    """A gateway that logs all that goes over the wire."""
    return start_gateway(
        DEFAULT={"debug": "true", "default_log_levels": "keystoneauth=DEBUG,urllib3=DEBUG"}
    )


@pytest.fixture
def client(talkative: Gateway, cloud: Cloud) -> Client:
    """A member at that gateway."""
    return Client(talkative.url, cloud("kic-member").auth_token)


@pytest.fixture
def name(client: Client, cloud: Cloud) -> Iterator[str]:
    """A name of the test's own; what has it is removed in the end."""
    made = f"told-once-{uuid.uuid4().hex[:8]}"
    yield made
    client.delete(f"/api/v1/keypairs/{made}")
    for server in cloud("kic-member").compute.servers(name=made):
        cloud("kic-member").compute.delete_server(server.id)


def test_private_key(client: Client, talkative: Gateway, name: str) -> None:
    """It is in the answer; a retry is refused, and the log shows that there was one."""
    body = {"keypair": {"name": name}}
    key = {"Idempotency-Key": name}
    first = client.request("POST", "/api/v1/keypairs", json=body, headers=key)
    assert first.status_code == 201, first.text
    assert first.headers["Cache-Control"] == "no-store"
    line = first.json()["keypair"]["private_key"].splitlines()[1]
    again = client.request("POST", "/api/v1/keypairs", json=body, headers=key)
    assert again.json()["error"]["code"] == "idempotency_answer_withheld"
    log = talkative.log.read_text()
    assert "PRIVATE KEY" not in log
    assert line not in log
    assert '"private_key": "***"' in log


def test_admin_pass(client: Client, talkative: Gateway, name: str, subnet_id: str) -> None:
    """It is in the answer; a retry shows the same instance without it."""
    body = {"instance": client.instance_body(subnet_id) | {"name": name}}
    key = {"Idempotency-Key": name}
    first = client.request("POST", "/api/v1/instances", json=body, headers=key)
    assert first.status_code == 202, first.text
    assert first.headers["Cache-Control"] == "no-store"
    password = first.json()["instance"]["admin_pass"]
    assert password
    again = client.request("POST", "/api/v1/instances", json=body, headers=key)
    assert again.status_code == 202, again.text
    assert again.json()["instance"] == first.json()["instance"] | {"admin_pass": None}
    log = talkative.log.read_text()
    assert password not in log
    assert '"adminPass": "***"' in log
