# SPDX-License-Identifier: Apache-2.0
"""Recent lists: no older than accepted, fetched once, and not used after a write."""

import functools
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.cache.recent_lists import Key, RecentLists, Source
from kic_vm.cache.sealed import SealedRedis
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

JSON = dict[str, Any]

KEY = Key.of("project", ["member", "reader"], "instances")


def process(server: FakeRedis | None, *, memory: int = 2**20, max_age: float = 30) -> RecentLists:
    """The lists of one of several processes."""
    client = SealedRedis(server, "p:", SECRET) if server is not None else None
    return RecentLists(client, retry_after=5, max_age=max_age, max_age_followed=100, memory=memory)


class Fetches:
    """Fetches a list that is another one each time."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> list[JSON]:
        self.count += 1
        return [{"id": str(self.count)}]


def read(
    lists: RecentLists,
    fetch: Callable[[], list[JSON]],
    max_age: float = 10,
    key: Key = KEY,
    *,
    is_only_process: bool = False,
) -> tuple[str, float, Source]:
    """The id of the only item, the age, and the source."""
    known, age, source = lists.read(key, max_age, fetch, is_only_process=is_only_process)
    return known.items[0]["id"], age, source


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


def test_memory(server: FakeRedis) -> None:
    """A process holds no more than its bound; what was used longest ago comes from Redis again."""
    lists, fetch = process(server, memory=1000), Fetches()
    keys = [Key.of(f"project {number}", [], "instances") for number in range(10)]
    for key in keys:
        read(lists, lambda: [{"id": str(fetch()), "text": "x" * 300}], key=key)
    known = [key for key in keys if lists.find(key, 30, is_only_process=False)]
    assert known == keys[-len(known) :]
    assert len(known) == 2
    assert lists.read(keys[0], 30, fetch, is_only_process=False)[2] is Source.KNOWN
    read(lists, lambda: [{"id": "x" * 5000}])  # larger than the bound


@pytest.mark.parametrize("value", [2**70, "\ud800"])
def test_unusual_values(server: FakeRedis, value: Any) -> None:
    """What fast JSON does not have stays in the process."""
    lists = process(server)
    assert read(lists, lambda: [{"id": value}])[0] == value
    fetch = Fetches()
    assert read(process(server), fetch)[0] == "1"
    assert read(lists, fetch)[0] == value


def test_pages(server: FakeRedis) -> None:
    """A page is made once for each query, and no more pages are kept than a few."""
    items = [{"id": str(number)} for number in range(100)]
    known, _age, _source = process(server).read(KEY, 9, lambda: items, is_only_process=False)
    made: list[str] = []

    def page(query: str) -> Any:
        def select(items: list[JSON]) -> tuple[list[JSON], JSON]:
            made.append(query)
            return items[:1], {"query": query}

        return known.page(query, select)

    assert page("limit=1") is page("limit=1")
    assert page("limit=2").pagination == {"query": "limit=2"}
    assert made == ["limit=1", "limit=2"]
    for number in range(100):
        page(f"limit={number}")
    assert page("limit=99").pagination == {"query": "limit=99"}
    page("limit=1")
    assert made.count("limit=1") == 2


def test_memory_of_pages(server: FakeRedis) -> None:
    """The pages of a list hold no more than a few times its items, whatever clients request."""
    items = [{"id": str(number)} for number in range(100)]
    known, _age, _source = process(server).read(KEY, 9, lambda: items, is_only_process=False)
    pages = [
        known.page(f"name=&limit={number}", lambda listed: (listed[:], {})) for number in range(32)
    ]
    kept = [
        page
        for number, page in enumerate(pages)
        if known.page(f"name=&limit={number}", lambda _listed: ([], {})) is page
    ]
    assert sum(len(page.items) for page in kept) <= 2 * len(items)


class Crowd:
    """Requests at the same time, each in its own thread."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self._threads: list[threading.Thread] = []

    def start(self, call: Callable[[], Any], count: int = 1) -> None:
        def run() -> None:
            try:
                self.answers.append(call())
            except Exception as error:  # noqa: BLE001 - an answer as well
                self.answers.append(error)

        for _number in range(count):
            thread = threading.Thread(target=run)
            thread.start()
            self._threads.append(thread)

    def join(self) -> list[Any]:
        for thread in self._threads:
            thread.join(20)
        return self.answers


class Gate(Fetches):
    """Fetches that last until they are let through."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> list[JSON]:
        found = super().__call__()
        self.began.set()
        assert self.opened.wait(20)
        return found


def test_one_fetch_for_all(server: FakeRedis) -> None:
    """Requests of all processes that come during a fetch wait for it."""
    first, second = process(server), process(server)
    crowd, gate = Crowd(), Gate()
    crowd.start(lambda: read(first, gate))
    assert gate.began.wait(20)
    crowd.start(lambda: read(first, gate), 5)
    crowd.start(lambda: read(second, gate), 5)
    time.sleep(0.1)
    gate.opened.set()
    answers = crowd.join()
    assert gate.count == 1
    assert {answer[0] for answer in answers} == {"1"}
    assert [answer[2] for answer in answers].count(Source.FETCHED) == 1


def test_wait_ends_with_the_bound(server: FakeRedis) -> None:
    """Who accepts less waits for a fetch that began after its arrival, together with others."""
    lists = process(server)
    crowd, slow, gate = Crowd(), Gate(), Gate()
    crowd.start(lambda: read(lists, slow))
    assert slow.began.wait(20)
    # The lease of the slow fetch keeps nobody longer than the bound either.
    crowd.start(lambda: read(lists, gate, 0.2), 4)
    assert gate.began.wait(20)
    gate.opened.set()
    time.sleep(0.1)
    slow.opened.set()
    answers = crowd.join()
    assert (slow.count, gate.count) == (1, 1)
    assert len(answers) == 5


def test_failure(server: FakeRedis) -> None:
    """A failed fetch fails its own request alone; those who waited fetch for themselves."""
    lists, crowd, began, opened = process(server), Crowd(), threading.Event(), threading.Event()

    def fail() -> list[JSON]:
        began.set()
        assert opened.wait(20)
        raise LookupError

    fetch = Fetches()
    crowd.start(lambda: read(lists, fail))
    assert began.wait(20)
    crowd.start(lambda: read(lists, fetch), 3)
    time.sleep(0.1)
    opened.set()
    answers = crowd.join()
    assert [type(answer) for answer in answers].count(LookupError) == 1
    assert 1 <= fetch.count <= 3
    assert read(lists, fetch)[2] is Source.KNOWN


def test_killed_process(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """The lease of a process that is gone ends by itself."""
    server.look("SET", f"p:{KEY}:fetch", "gone")
    lists, fetch = process(server), Fetches()

    def pause(seconds: float) -> None:
        go_on(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", pause)
        assert read(lists, fetch, 2)[0] == "1"


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
