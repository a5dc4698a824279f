# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key on real services: a machine that is asked for twenty times is made once."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import openstack
import pytest
import requests

from tests.functional.client import KEY_PREFIX, Client, Gateway

TIMES = 20


@pytest.fixture
def name(cloud: Callable[[str], openstack.connection.Connection]) -> Iterator[str]:
    """A name of the test's own; the servers that have it are removed in the end."""
    made = f"once-{uuid.uuid4().hex[:8]}"
    yield made
    for server in cloud("kic-member").compute.servers(name=made):
        cloud("kic-member").compute.delete_server(server.id)


@pytest.fixture(scope="module")
def gateways(start_gateway: Callable[..., Gateway]) -> list[Gateway]:
    """Two gateways that share a Redis."""
    return [start_gateway(), start_gateway()]


def test_twenty_at_once(
    gateways: list[Gateway],
    cloud: Callable[[str], openstack.connection.Connection],
    subnet_id: str,
    name: str,
) -> None:
    """One server, however often and through whichever gateway; Redis may lose everything then."""
    token = cloud("kic-member").auth_token
    clients = [Client(gateway.url, token) for gateway in gateways]
    body = {"instance": clients[0].instance_body(subnet_id) | {"name": name}}
    key = {"Idempotency-Key": str(uuid.uuid4())}

    def ask(number: int) -> requests.Response:
        client = Client(gateways[number % 2].url, token)
        return client.request("POST", "/api/v1/instances", json=body, headers=key)

    with ThreadPoolExecutor(max_workers=TIMES) as pool:
        answers = list(pool.map(ask, range(TIMES)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    waited = [answer for answer in answers if answer.status_code == 409]
    assert {one.json()["error"]["code"] for one in waited} <= {"idempotency_in_progress"}
    answers.append(ask(0))
    stored = list(gateways[0].redis.scan_iter(f"{KEY_PREFIX}idempotency:*"))
    gateways[0].redis.delete(*stored)
    answers.append(ask(1))
    done = [answer for answer in answers if answer.status_code == 202]
    assert len({answer.json()["instance"]["id"] for answer in done}) == 1
    assert len(done) >= 3
    assert len(list(cloud("kic-member").compute.servers(name=name))) == 1

    other = {"instance": body["instance"] | {"name": f"{name}-2"}}
    for _time in range(2):  # by Redis, then by Nova
        refused = clients[0].request("POST", "/api/v1/instances", json=other, headers=key)
        assert refused.status_code == 422
        for found in gateways[0].redis.scan_iter(f"{KEY_PREFIX}idempotency:*"):
            gateways[0].redis.delete(found)
    assert len(list(cloud("kic-member").compute.servers(name=name))) == 1
