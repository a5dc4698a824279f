# SPDX-License-Identifier: Apache-2.0
"""Recent lists where there is no Redis, or where it fails."""

import functools
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis

from kic_vm.cache.fetched import Source
from tests.unit.cache.recent_list_reads import KEY, Fetches, process, read
from tests.unit.fake_redis import FakeRedis


class TestAlone:
    """Where no Redis tells a process of the writes of others."""

    def test_several_processes(self, go_on: Callable[[float], None]) -> None:
        """A list is used for one second."""
        lists, fetch = process(None), Fetches()
        read(lists, fetch)
        go_on(1)
        assert read(lists, fetch) == ("1", 1, Source.KNOWN)
        go_on(0.1)
        assert read(lists, fetch)[0] == "2"

    def test_only_process(self, go_on: Callable[[float], None]) -> None:
        """The only process knows of every write."""
        lists, fetch = process(None), Fetches()
        read(lists, fetch, is_only_process=True)
        go_on(10)
        assert read(lists, fetch, is_only_process=True)[0] == "1"
        lists.drop("project")
        assert read(lists, fetch, is_only_process=True)[0] == "2"

    def test_redis_fails(self, server: FakeRedis, go_on: Callable[[float], None]) -> None:
        """While Redis is away the process goes on by itself, for one second a list."""
        lists, fetch = process(server), Fetches()
        read(lists, fetch)
        server.is_down = True
        assert read(lists, fetch, is_only_process=True)[0] == "2"
        assert read(lists, fetch, is_only_process=True)[0] == "2"
        lists.drop("project")
        assert read(lists, fetch)[0] == "3"
        go_on(1.1)
        assert read(lists, fetch)[0] == "4"

    def test_write_meanwhile(self, server: FakeRedis, go_on: Callable[[float], None]) -> None:
        """A write that Redis was not told of is told as soon as it is back."""
        lists, other, fetch = process(server), process(server), Fetches()
        read(other, fetch)
        server.is_down = True
        lists.drop("project")
        server.is_down = False
        go_on(5.1)
        lists.drop("another")
        assert read(other, fetch)[0] == "2"

    def test_read_while_writes_are_announced(
        self, server: FakeRedis, go_on: Callable[[float], None]
    ) -> None:
        """While one request tells Redis of missed writes, no other one uses an older list."""
        lists, fetch = process(server), Fetches()
        seen: list[str] = []
        read(lists, fetch, 30)
        server.is_down = True
        for project in ("another", "project"):
            lists.drop(project)
        server.is_down = False
        go_on(5.1)

        def read_first(*args: Any) -> None:
            if args[0] == "SET" and not seen:
                seen.append("begun")
                with ThreadPoolExecutor(1) as pool:
                    seen.append(pool.submit(read, lists, fetch, 30).result(20)[0])

        server.before = read_first
        lists.drop("third")
        assert seen == ["begun", "2"]

    def test_write_while_writes_are_announced(
        self, server: FakeRedis, go_on: Callable[[float], None]
    ) -> None:
        """A write that is missed while an earlier one is told is told as well."""
        lists, other, fetch = process(server), process(server), Fetches()
        server.is_down = True
        lists.drop("project")
        server.is_down = False
        go_on(5.1)

        def miss_a_write(*args: Any) -> None:
            if args[0] != "SET":
                return
            server.before = None
            server.is_down = True
            with ThreadPoolExecutor(1) as pool:
                pool.submit(lists.drop, "project").result(20)
            server.is_down = False

        server.before = miss_a_write
        lists.drop("another")
        read(other, fetch)
        go_on(5.1)
        lists.drop("another")
        assert read(other, fetch)[0] == "2"


class TestFollower:
    """A follower that drops lists while Redis fails."""

    def test_missed_drop(self, server: FakeRedis, go_on: Callable[[float], None]) -> None:
        """A drop that Redis was not told of is told before the follower counts as running."""
        lists, follower, fetch = process(server), process(server), Fetches()
        follower.note_follower(60)
        read(lists, fetch, 100)
        go_on(30.1)
        assert read(lists, fetch, 100)[0] == "1"
        server.is_down = True
        follower.drop("project")
        server.is_down = False
        go_on(5.1)
        follower.note_follower(60)
        assert read(lists, fetch, 100)[0] == "2"

    def test_drop_that_is_missed_again(
        self, server: FakeRedis, go_on: Callable[[float], None]
    ) -> None:
        """As long as Redis does not know of a drop, no follower counts as running."""
        lists, follower, fetch = process(server), process(server), Fetches()
        follower.note_follower(60)
        read(lists, fetch, 100)
        server.is_down = True
        follower.drop("project")
        server.is_down = False
        go_on(5.1)
        server.look("DEL", "p:lists-followed")  # the time of the first note is over

        def refuse(*args: Any) -> None:
            if args[0] == "SET" and "generation" in args[1]:
                raise redis.TimeoutError

        server.before = refuse
        follower.note_follower(60)
        go_on(25.1)
        assert read(lists, fetch, 100)[0] == "2"


@pytest.mark.parametrize("seed", range(4))
def test_redis_faults(server: FakeRedis, go_on: Callable[[float], None], seed: int) -> None:
    """Whatever Redis forgets or refuses, no list is older than accepted.

    A process also shows its own writes at once.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    processes = [process(server), process(server)]
    changes = [time.time()]  # times at which the values 0, 1, 2, ... began
    own_writes = [0, 0]
    sources = set()
    for _step in range(300):
        go_on(chance.choice([0, 0.2, 1, 3]))
        number = chance.randrange(2)
        server.is_down = chance.random() < 0.3
        if chance.random() < 0.05:
            server.look("FLUSHALL")
        action = chance.choice(["read", "read", "read", "write", "change by another program"])
        if action == "read":
            bound, latest = chance.choice([1, 2, 5, 10]), len(changes) - 1
            current = [{"id": str(latest)}]
            text, age, source = read(processes[number], functools.partial(list, current), bound)
            value = int(text)
            assert age <= bound
            assert value == latest or changes[value + 1] >= time.time() - bound
            assert value >= own_writes[number]
            sources.add(source)
        elif action == "write":
            with processes[number].changing(KEY.project_id):
                changes.append(time.time())
            own_writes[number] = len(changes) - 1
        else:
            changes.append(time.time())
    assert sources == {Source.KNOWN, Source.FETCHED}
