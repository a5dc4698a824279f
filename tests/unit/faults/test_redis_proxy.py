# SPDX-License-Identifier: Apache-2.0
"""The TCP proxy passes bytes on, and spoils connections while it is told to."""

import socket

import pytest
import redis

from tests.faults.loop import LoopThread
from tests.faults.redis_proxy import RedisProxy
from tests.unit.faults.conftest import Store


@pytest.fixture
def proxy(loop: LoopThread, store: Store) -> RedisProxy:
    return RedisProxy(loop, store.server_address[1])


def ask(proxy: RedisProxy) -> bytes:
    host, port = proxy.url.removeprefix("redis://").removesuffix("/0").split(":")
    with socket.create_connection((host, int(port)), timeout=0.5) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(100)


def test_passes_on(proxy: RedisProxy, store: Store) -> None:
    """A command arrives, and its answer comes back."""
    assert ask(proxy) == b"+OK\r\n"
    assert store.lines == [b"PING"]


@pytest.mark.parametrize("kind", ["refuse", "reset", "hang", "slow"])
def test_no_answer(proxy: RedisProxy, store: Store, kind: str) -> None:
    """The connection fails, or no answer comes in half a second."""
    with proxy.fault(kind), pytest.raises(OSError, match=r"."):
        ask(proxy)
    assert ask(proxy) == b"+OK\r\n"


def test_garbage(proxy: RedisProxy, store: Store) -> None:
    """What comes is no answer of a Redis."""
    client = redis.Redis.from_url(proxy.url)
    with proxy.fault("garbage"), pytest.raises(redis.RedisError):
        client.ping()
    assert store.lines == []


def test_flush(proxy: RedisProxy, store: Store) -> None:
    """The Redis is emptied before each command."""
    with proxy.fault("flush"):
        assert ask(proxy) == b"+OK\r\n"
    assert store.lines == [b"*1", b"$8", b"FLUSHALL", b"PING"]
