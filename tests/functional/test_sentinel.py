# SPDX-License-Identifier: Apache-2.0
"""A gateway whose Redis is found by Sentinels, when the master goes away."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.functional.client import KEY_PREFIX, Client, Gateway
from tests.functional.sentinels import PASSWORD, Sentinels


@pytest.fixture
def sentinels(member: Client, tmp_path: Path) -> Iterator[Sentinels]:
    """Two Redis servers and their Sentinels.

    They start after OpenStack, because the standalone OpenStack installs redis-server.
    """
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    made = Sentinels(tmp_path)
    try:
        made.wait()
        yield made
    finally:
        made.stop()


def test_fail_over(
    sentinels: Sentinels,
    start_gateway: Callable[..., Gateway],
    member: Client,
    eventually: Callable[[Callable[[], bool], float], None],
) -> None:
    """It answers all the time, and with the new master it has all that it had with the old one."""
    gateway = start_gateway(
        redis={"url": sentinels.url, "retry_after": "0.5"}, api={"readiness_cache_time": "0"}
    )
    client = Client(gateway.url, str(member.session.headers["X-Auth-Token"]))
    name, key = f"sentinel-{uuid.uuid4().hex[:8]}", {"Idempotency-Key": uuid.uuid4().hex}

    def make() -> requests.Response:
        body = {"keypair": {"name": name}}
        return client.request("POST", "/api/v1/keypairs", json=body, headers=key)

    def uses_redis() -> bool:
        report = client.request("GET", "/readiness").json()
        assert report["ready"]
        return bool(report["services"]["redis"]["ok"])

    assert uses_redis()
    assert make().status_code == 201
    try:
        first, second = (sentinels.client(port) for port in sentinels.redis_ports)
        stored = set(first.scan_iter(f"{KEY_PREFIX}idempotency:*"))
        assert len(stored) == 1
        eventually(lambda: stored <= set(second.scan_iter(f"{KEY_PREFIX}*")), 10)
        sentinels.kill_master()
        answers = [client.request("GET", "/api/v1/flavors").status_code for _number in range(10)]
        assert answers == [200] * 10
        eventually(lambda: second.info("replication")["role"] == "master", 60)
        eventually(uses_redis, 60)
        # The private key was told once: the new master knows that the request was done.
        again = make()
        assert (again.status_code, again.json()["error"]["code"]) == (
            409,
            "idempotency_answer_withheld",
        )
    finally:
        client.delete(f"/api/v1/keypairs/{name}")
    assert PASSWORD not in gateway.log.read_text()
