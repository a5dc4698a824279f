# SPDX-License-Identifier: Apache-2.0
"""[redis] url: what it says of Sentinels."""

import pytest
from oslo_config import cfg
from redis.sentinel import SentinelConnectionPool

from kic_vm.cache.client import connect
from kic_vm.conf.redis_url import SentinelUrl, parse_sentinel_url


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://redis.test/0", None),
        ("unix:///run/redis.sock", None),
        (
            "redis+sentinel://one.test:26380,two.test/kic-vm/3",
            SentinelUrl((("one.test", 26380), ("two.test", 26379)), "kic-vm", 3, None, None, False),
        ),
        (
            "redis+sentinel://[2001:db8::1]:26380,192.0.2.1/kic%2Fvm",
            SentinelUrl(
                (("2001:db8::1", 26380), ("192.0.2.1", 26379)), "kic/vm", 0, None, None, False
            ),
        ),
        (
            "rediss+sentinel://user:p%40ss:word@one.test/kic-vm",
            SentinelUrl((("one.test", 26379),), "kic-vm", 0, "user", "p@ss:word", True),
        ),
        (
            "redis+sentinel://:word@one.test/kic-vm",
            SentinelUrl((("one.test", 26379),), "kic-vm", 0, None, "word", False),
        ),
    ],
)
def test_parts(url: str, meant: SentinelUrl | None) -> None:
    """Hosts with their ports, the service, the database, and who the gateway is to Redis."""
    assert parse_sentinel_url(url) == meant


def test_client(conf: cfg.ConfigOpts) -> None:
    """It asks the Sentinels, when it is used, and waits no longer than for a Redis."""
    conf.set_override("url", "redis+sentinel://:word@one.test,two.test/kic-vm/3", "redis")
    client = connect(conf)
    assert client is not None
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    assert pool.is_master
    assert pool.service_name == "kic-vm"
    assert pool.connection_kwargs["db"] == 3
    assert pool.connection_kwargs["socket_timeout"] == 0.25
    asked = [one.connection_pool.connection_kwargs for one in pool.sentinel_manager.sentinels]
    assert [one["host"] for one in asked] == ["one.test", "two.test"]
    assert all(one["socket_timeout"] == 0.25 and one["password"] is None for one in asked)
