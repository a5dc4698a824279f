# SPDX-License-Identifier: Apache-2.0
"""A memory in front of Redis: what it holds ends when it ends in Redis."""

from collections.abc import Callable

from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.redis import RedisCache
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.two_tier import LocalCache, with_local_cache
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET


def process(server: FakeRedis) -> LocalCache:
    """The cache of one of several processes."""
    made = with_local_cache(RedisCache(SealedRedis(server, "p:", SECRET), MemoryCache(10), 5))
    assert isinstance(made, LocalCache)
    return made


def test_fetched_once(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """What another process has set is asked for once, and for no longer than that one said."""
    first, second = process(server), process(server)
    first.set("a", b"1", 30)
    go_on(20)
    asked = server.asked
    assert [second.get("a") for _time in range(3)] == [b"1"] * 3
    assert server.asked == asked + 1
    go_on(9.9)
    assert (first.get("a"), second.get("a")) == (b"1", b"1")
    assert server.asked == asked + 1
    go_on(0.2)  # the fake server forgets nothing, so this is the seal's own doing
    assert (first.get("a"), second.get("a")) == (None, None)


def test_nothing_is_not_remembered(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """What is not there yet may be there the next time."""
    first, second = process(server), process(server)
    assert second.get("a") is None
    first.set("a", b"1", 30)
    assert second.get("a") == b"1"


def test_no_time(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """A value for no time is kept nowhere."""
    one = process(server)
    one.set("a", b"1", 0)
    assert one.get("a") is None


def test_redis_is_gone(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """What was fetched stays for its time; what is set then counts in this process."""
    one = process(server)
    one.set("a", b"1", 30)
    server.is_down = True
    one.set("b", b"2", 30)
    assert (one.get("a"), one.get("b")) == (b"1", b"2")
    go_on(30.1)
    assert (one.get("a"), one.get("b")) == (None, None)


def test_add(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """Of all processes one is the first."""
    first, second = process(server), process(server)
    assert first.add("a", b"1", 30)
    assert not second.add("a", b"2", 30)
    assert second.get("a") == b"1"


def test_memory_needs_none() -> None:
    """Where there is no Redis nothing is put in front."""
    memory = MemoryCache(10)
    assert with_local_cache(memory) is memory
