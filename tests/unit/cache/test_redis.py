# SPDX-License-Identifier: Apache-2.0
"""The cache: bounded, for a limited time, and there without Redis too."""

from collections.abc import Callable
from typing import Any

import pytest
import redis
from oslo_config import cfg

from kic_vm.cache.memory import MemoryCache
from kic_vm.cache.redis import RedisCache, create_cache
from kic_vm.cache.sealed import SealedRedis
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Time, which goes on when the test says so."""
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


@pytest.fixture
def shared(clock: Any, server: FakeRedis) -> RedisCache:
    """The cache over Redis, with a breaker of 5 s."""
    return RedisCache(SealedRedis(server, "kic-vm:", SECRET), MemoryCache(10), 5)


class TestMemory:
    """Without Redis."""

    def test_time(self, clock: Callable[[float], None]) -> None:
        """A value is there for its time and not longer."""
        memory = MemoryCache(10)
        memory.set("a", b"1", 5)
        memory.set("b", b"2", 50)
        clock(4.9)
        assert (memory.get("a"), memory.get("b")) == (b"1", b"2")
        clock(0.2)
        assert (memory.get("a"), memory.get("b")) == (None, b"2")

    def test_bound(self, clock: Callable[[float], None]) -> None:
        """It never holds more than its bound; what was used longest ago goes."""
        memory = MemoryCache(3)
        for name in "abc":
            memory.set(name, name.encode(), 60)
        memory.get("a")
        memory.set("d", b"d", 60)
        assert [memory.get(name) for name in "abcd"] == [b"a", None, b"c", b"d"]

    def test_no_time(self, clock: Callable[[float], None]) -> None:
        """A value for no time is not kept."""
        memory = MemoryCache(3)
        memory.set("a", b"1", 0)
        assert memory.get("a") is None

    def test_empty_value(self, clock: Callable[[float], None]) -> None:
        """An empty value is a value."""
        memory = MemoryCache(3)
        memory.set("a", b"", 5)
        assert memory.get("a") == b""

    def test_add(self, clock: Callable[[float], None]) -> None:
        """The first one counts, for its time."""
        memory = MemoryCache(3)
        assert memory.add("a", b"1", 5)
        assert not memory.add("a", b"1", 5)
        clock(5.1)
        assert memory.add("a", b"3", 5)
        assert memory.get("a") == b"3"

    def test_acquire(self, clock: Callable[[float], None]) -> None:
        """Where there is no Redis, the threads of this process are all that have to agree."""
        memory = MemoryCache(3)
        assert memory.acquire("a", b"1", 5)
        assert not memory.acquire("a", b"1", 5)


class TestRedis:
    """With Redis."""

    def test_values(self, shared: RedisCache, server: FakeRedis) -> None:
        """Keys have the prefix and values their time, in milliseconds."""
        shared.set("a", b"1", 2.5)
        assert server.values.keys() == {"kic-vm:a"}
        assert server.lives == {"kic-vm:a": 2500}
        assert shared.get("a") == b"1"
        assert shared.get("b") is None

    @pytest.mark.parametrize("life", [0, -1])
    def test_no_time(self, shared: RedisCache, server: FakeRedis, life: float) -> None:
        """A value for no time never gets to Redis, which would refuse it."""
        shared.set("a", b"1", life)
        assert server.asked == 0

    def test_down(self, shared: RedisCache, server: FakeRedis, lines: list[str]) -> None:
        """When Redis fails memory takes over, and the log says so once."""
        server.is_down = True
        shared.set("a", b"1", 60)
        assert shared.get("a") == b"1"
        assert shared.get("b") is None
        assert len([line for line in lines if "Redis failed" in line]) == 1

    def test_add(self, shared: RedisCache, server: FakeRedis) -> None:
        """The first one counts, of all processes; without Redis, of this one."""
        other = RedisCache(SealedRedis(server, "kic-vm:", SECRET), MemoryCache(10), 5)
        assert shared.add("a", b"1", 60)
        assert not other.add("a", b"2", 60)
        server.is_down = True
        assert shared.add("b", b"1", 60)
        assert not shared.add("b", b"2", 60)

    def test_acquire(self, shared: RedisCache, server: FakeRedis) -> None:
        """The first one counts, of all processes; while Redis fails nobody acquires anything."""
        other = RedisCache(SealedRedis(server, "kic-vm:", SECRET), MemoryCache(10), 5)
        assert shared.acquire("a", b"1", 60)
        assert not other.acquire("a", b"2", 60)
        server.is_down = True
        assert not shared.acquire("b", b"1", 60)
        assert not shared.acquire("b", b"1", 60)  # it is left alone for a while
        assert server.asked == 3

    def test_breaker(
        self, shared: RedisCache, server: FakeRedis, clock: Callable[[float], None]
    ) -> None:
        """A Redis that failed is left alone for a while, then tried again."""
        server.is_down = True
        for _ in range(10):
            shared.get("a")
        assert server.asked == 1
        clock(5.1)
        shared.get("a")
        assert server.asked == 2
        server.is_down = False
        shared.get("a")
        assert server.asked == 2
        clock(5.1)
        shared.set("a", b"2", 60)
        assert server.values.keys() == {"kic-vm:a"}
        assert shared.get("a") == b"2"

    def test_lie(self, shared: RedisCache, server: FakeRedis, lines: list[str]) -> None:
        """What the gateway has not written is no value; Redis is not left alone for it."""
        server.values["kic-vm:a"] = b"forged"
        assert shared.get("a") is None
        assert any("cannot have written" in line for line in lines)
        shared.set("a", b"1", 60)
        assert shared.get("a") == b"1"

    def test_ping(self, shared: RedisCache, server: FakeRedis) -> None:
        """Whether Redis answers is asked of Redis."""
        shared.ping()
        server.is_down = True
        with pytest.raises(redis.RedisError):
            shared.ping()


class TestCreate:
    """[redis] url."""

    def test_without(self, conf: cfg.ConfigOpts) -> None:
        """Unset, it is memory."""
        assert isinstance(create_cache(conf), MemoryCache)

    def test_with(self, conf: cfg.ConfigOpts) -> None:
        """Set, it is Redis; nothing is asked of it yet."""
        conf.set_override("url", "redis://127.0.0.1:1/0", "redis")
        made = create_cache(conf)
        assert isinstance(made, RedisCache)
        made.set("a", b"1", 60)
        assert made.get("a") == b"1"
