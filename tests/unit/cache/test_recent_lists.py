# SPDX-License-Identifier: Apache-2.0
"""Recent lists: no older than accepted, shared by processes, and not used after a write."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.cache.fetched import Source
from kic_vm.cache.stored_lists import Key
from tests.unit.cache.recent_list_reads import KEY, Fetches, process, read
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]


def test_age(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """A list is used up to the accepted age, which each request says for itself."""
    lists, fetch = process(server), Fetches()
    assert read(lists, fetch) == ("1", 0, Source.FETCHED)
    go_on(4)
    assert read(lists, fetch) == ("1", 4, Source.KNOWN)
    assert read(lists, fetch, 3.9) == ("2", 0, Source.FETCHED)
    go_on(10)
    assert read(lists, fetch) == ("2", 10, Source.KNOWN)
    go_on(0.1)
    assert read(lists, fetch) == ("3", 0, Source.FETCHED)


def test_age_begins_with_the_fetch(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """What a slow fetch shows is as old as its begin."""
    lists = process(server)

    def slow() -> list[JSON]:
        go_on(3)
        return [{"id": "slow"}]

    assert read(lists, slow) == ("slow", 0, Source.FETCHED)
    assert read(lists, slow) == ("slow", 3, Source.KNOWN)


def test_maximum(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """The operator's maximum counts where a client accepts more."""
    lists, fetch = process(server, max_age=5), Fetches()
    read(lists, fetch, 100)
    go_on(5.1)
    assert read(lists, fetch, 100) == ("2", 0, Source.FETCHED)


def test_follower(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """While a follower runs, a list is used for longer, until something comes of its project."""
    lists, follower, fetch = process(server), process(server), Fetches()
    read(lists, fetch, 1000)
    follower.note_follower(60)
    go_on(59)
    assert read(lists, fetch, 1000) == ("1", 59, Source.KNOWN)
    assert read(process(server), fetch, 1000) == ("1", 59, Source.KNOWN)
    assert read(lists, fetch, 58) == ("2", 0, Source.FETCHED)
    follower.drop("project")
    assert read(lists, fetch, 1000)[0] == "3"
    follower.note_follower(1000)
    go_on(100.1)
    assert read(lists, fetch, 1000)[0] == "4"


def test_follower_stops(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """When nothing is heard of the follower any more, the usual maximum counts again."""
    lists, fetch = process(server), Fetches()
    lists.note_follower(20)
    read(lists, fetch, 1000)
    go_on(31)
    assert read(lists, fetch, 1000)[0] == "2"


def test_shared(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """Another process gets the list from Redis, with its age, and then knows it too."""
    fetch = Fetches()
    first, second = process(server), process(server)
    read(first, fetch)
    go_on(2)
    assert read(second, fetch) == ("1", 2, Source.KNOWN)
    asked = server.asked
    assert read(second, fetch) == ("1", 2, Source.KNOWN)
    assert server.asked == asked + 1  # for the generation alone
    assert read(second, fetch, 1000) == ("1", 2, Source.KNOWN)
    assert server.asked == asked + 2  # whether a follower runs makes no difference yet
    found = second.find(KEY, 10, is_only_process=False)
    assert found is not None
    assert (found[0].items, found[1]) == ([{"id": "1"}], 2)


def test_sealed(server: FakeRedis) -> None:
    """Redis shows nothing of a list."""
    read(process(server), lambda: [{"id": "confidential"}])
    assert not any(b"confidential" in value for value in server.values.values())


@pytest.mark.parametrize("writer", [0, 1])
def test_write(server: FakeRedis, writer: int) -> None:
    """A write through any process ends the use of what was fetched before, of its project only."""
    fetch = Fetches()
    processes = process(server), process(server)
    other = Key.of("other", ["member"], "instances")
    for lists in processes:
        read(lists, fetch)
        read(lists, fetch, key=other)
    with processes[writer].changing("project"):
        pass
    for lists in processes:
        assert read(lists, fetch)[0] == "3"
        assert read(lists, fetch, key=other)[0] == "2"


def test_failed_write(server: FakeRedis) -> None:
    """So does a write with an unknown outcome."""
    lists, fetch = process(server), Fetches()
    read(lists, fetch)
    with pytest.raises(TimeoutError), lists.changing("project"):
        raise TimeoutError
    assert read(lists, fetch)[0] == "2"


def test_fetch_during_a_write(server: FakeRedis) -> None:
    """A fetch that began before the end of a write is not stored as newer."""
    writer, lists, fetch = process(server), process(server), Fetches()

    def overtaken() -> list[JSON]:
        with writer.changing("project"):
            pass
        return [{"id": "before the write"}]

    assert read(lists, overtaken)[0] == "before the write"
    assert read(lists, fetch)[0] == "1"
    assert read(process(server), fetch)[0] == "1"
    with writer.changing("project"):
        read(lists, lambda: [{"id": "during the write"}])
    assert read(lists, fetch)[0] == "2"


def test_keys(server: FakeRedis) -> None:
    """Projects, role sets and resources have nothing in common; the order of roles is none."""
    lists, fetch = process(server), Fetches()
    keys = [
        Key.of("project", ["member", "reader"], "instances"),
        Key.of("project", ["reader"], "instances"),
        Key.of("project", ["member", "reader", "manager"], "instances"),
        Key.of("other", ["member", "reader"], "instances"),
        Key.of("project", ["member", "reader"], "volumes"),
    ]
    assert [read(lists, fetch, key=key)[0] for key in keys] == ["1", "2", "3", "4", "5"]
    same = Key.of("project", ["reader", "member", "reader"], "instances")
    assert read(lists, fetch, key=same)[0] == "1"


def test_forged(server: FakeRedis) -> None:
    """What the gateways have not written, or for another key, is no list."""
    fetch = Fetches()
    other = Key.of("other", ["member", "reader"], "instances")
    read(process(server), fetch, key=other)
    read(process(server), fetch)
    for name in (f"p:{KEY}", f"p:{KEY}:head"):
        server.values[name] = server.values[name.replace(str(KEY), str(other))]
    assert read(process(server), fetch)[0] == "3"
    for name in list(server.values):
        server.values[name] = b"forged"
    assert read(process(server), fetch)[0] == "4"


def test_flushed(server: FakeRedis) -> None:
    """An emptied Redis ends the use of all lists: a write may have been lost with it."""
    lists, fetch = process(server), Fetches()
    read(lists, fetch)
    server.look("FLUSHALL")
    assert read(lists, fetch)[0] == "2"
