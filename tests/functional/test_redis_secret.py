# SPDX-License-Identifier: Apache-2.0
"""[redis] secret on a real Redis: changed step by step, while retries keep their answers."""

import uuid
from collections.abc import Callable, Iterator

import openstack
import pytest
import requests

from tests.functional.client import KEY_PREFIX, Client, Gateway

Cloud = Callable[[str], openstack.connection.Connection]

OLD, NEW = uuid.uuid4().hex, uuid.uuid4().hex
STEPS = [OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW]


@pytest.fixture(scope="module")
def gateways(start_gateway: Callable[..., Gateway]) -> list[Gateway]:
    """A gateway at each step of the change."""
    return [start_gateway(redis={"secret": secrets, "timeout": "5"}) for secrets in STEPS]


@pytest.fixture
def name(cloud: Cloud) -> Iterator[str]:
    """A security group's name of the test's own; the group is removed in the end."""
    made = f"secret-{uuid.uuid4().hex[:8]}"
    yield made
    connection = cloud("kic-member")
    for group in connection.network.security_groups(name=made):
        connection.network.delete_security_group(group.id)


def test_change(gateways: list[Gateway], cloud: Cloud, name: str) -> None:
    """Neighbouring steps read each other's records; without the old secret it cannot be read."""
    token = cloud("kic-member").auth_token
    body = {"security_group": {"name": name}}

    def ask(gateway: Gateway) -> requests.Response:
        client = Client(gateway.url, token)
        key = {"Idempotency-Key": name}
        return client.request("POST", "/api/v1/security-groups", json=body, headers=key)

    first = ask(gateways[0])
    assert first.status_code == 201, first.text
    for gateway in gateways[1:3]:
        again = ask(gateway)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()
    refused = ask(gateways[3])
    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "idempotency_unavailable"
    stored = gateways[0].redis
    records = [stored.get(key) for key in stored.scan_iter(f"{KEY_PREFIX}idempotency:*")]
    assert records
    assert all(record and name.encode() not in record for record in records)
