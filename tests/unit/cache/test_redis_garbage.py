# SPDX-License-Identifier: Apache-2.0
"""A Redis that answers nonsense: the memory cache takes over."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from redis.backoff import NoBackoff
from redis.retry import Retry

from kic_vm.cache.client import TracedRedis
from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.redis import RedisCache
from kic_vm.cache.sealed import SealedRedis

SECRET = "s" * 40
ANSWERS = [
    b"$abc\r\n",
    b":x\r\n",
    b"*z\r\n",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x00\xff\r\n",
    b"*2\r\n$1\r\na\r\n$1\r\nb\r\n",
    b":5\r\n",
    b"-ERR \xff\r\n",
    b"+OK\r\n",
]


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port at which every message gets the same answer."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                connection.sendall(request.param)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize("port", ANSWERS, indirect=True)
def test_cache(port: int) -> None:
    """Nothing is found, and nothing fails."""
    client = TracedRedis.from_url(
        f"redis://127.0.0.1:{port}", socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )
    cache = RedisCache(SealedRedis(client, "p:", SECRET), MemoryCache(10), 0)
    assert cache.get("a") is None
    cache.set("a", b"b", 10)
    assert cache.get("a") in {None, b"b"}
