# SPDX-License-Identifier: Apache-2.0
"""Tokens that Keystone has revoked, of which the gateway remembers that they were good."""

import time
from collections.abc import Callable
from pathlib import Path

import openstack

from tests.functional.client import Client, Gateway

REMEMBERED = 4


def test_revoked_token(
    start_gateway: Callable[..., Gateway],
    standalone: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """It is refused within the time for which the gateway remembers tokens."""
    gateway = start_gateway(keystone_authtoken={"token_cache_time": str(REMEMBERED)})
    loader = openstack.config.OpenStackConfig(config_files=[str(standalone / "clouds.yaml")])
    own = openstack.connection.Connection(config=loader.get_one("kic-member"))
    client = Client(gateway.url, own.auth_token)
    client.get("/api/v1/flavors")

    begin = time.monotonic()
    own.identity.delete("/auth/tokens", headers={"X-Subject-Token": client.token})
    while client.request("GET", "/api/v1/flavors").status_code == 200:
        assert time.monotonic() - begin < REMEMBERED + 5, "a revoked token is let in still"
        time.sleep(0.2)
    record_property("revoked token refused after", round(time.monotonic() - begin, 1))
    assert client.request("GET", "/api/v1/flavors").status_code == 401
