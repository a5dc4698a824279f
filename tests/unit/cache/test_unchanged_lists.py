# SPDX-License-Identifier: Apache-2.0
"""Lists whose GETs show that nothing has changed: the content is kept, with a new time."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.cache.fetched import Fetched, Source
from kic_vm.cache.recent_lists import RecentLists
from kic_vm.read_log import Read, Reads
from tests.unit.cache.recent_list_reads import KEY, process
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]


class Cloud:
    """Contains one item. Its name is what a GET of it would return."""

    def __init__(self) -> None:
        self.name = "first"
        self.fetches: list[str] = []

    def fetch(self, known: Reads | None) -> Fetched[JSON]:
        """The list, or that it has not changed."""
        read = Read("compute", "/servers/detail", "2.90")
        reads = Reads({read: self.name}, checked_servers=None)
        if known == reads:
            self.fetches.append("unchanged")
            return Fetched([], known, is_unchanged=True)
        self.fetches.append("new" if known is None else "changed")
        return Fetched([{"id": self.name}], reads)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


def read(lists: RecentLists, cloud: Cloud, max_age: float = 2) -> tuple[str, float, Source]:
    """The id of the only item, the age, and the source."""
    known, age, source = lists.read(KEY, max_age, cloud.fetch, is_only_process=False)
    return known.items[0]["id"], age, source


def test_unchanged(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """The items and their pages stay the same objects, and their age begins again."""
    lists = process(server)
    assert read(lists, cloud) == ("first", 0, Source.FETCHED)
    known, _age, _source = lists.read(KEY, 2, cloud.fetch, is_only_process=False)
    page = lists.page(KEY, known, "limit=1", lambda items: (items[:1], {}))
    go_on(3)
    again, age, source = lists.read(KEY, 2, cloud.fetch, is_only_process=False)
    assert (age, source) == (0, Source.UNCHANGED)
    assert again.items is known.items
    assert lists.page(KEY, again, "limit=1", lambda items: (items[:1], {})) is page
    go_on(1)
    assert read(lists, cloud) == ("first", 1, Source.KNOWN)
    assert cloud.fetches == ["new", "unchanged"]


def test_changed(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """A change is seen at once, by all processes."""
    lists, others = process(server), process(server)
    read(lists, cloud)
    assert read(others, cloud) == ("first", 0, Source.KNOWN)
    go_on(3)
    cloud.name = "second"
    assert read(lists, cloud) == ("second", 0, Source.FETCHED)
    assert read(others, cloud) == ("second", 0, Source.KNOWN)
    assert cloud.fetches == ["new", "changed"]


def test_other_process(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """Another process keeps its items, too, and can repeat the GETs of the first one."""
    lists, others = process(server), process(server)
    read(lists, cloud)
    known, _age, _source = others.read(KEY, 2, cloud.fetch, is_only_process=False)
    go_on(3)
    assert read(lists, cloud)[2] is Source.UNCHANGED
    again, age, source = others.read(KEY, 2, cloud.fetch, is_only_process=False)
    assert (age, source) == (0, Source.KNOWN)
    assert again.items is known.items
    go_on(3)
    assert read(others, cloud)[2] is Source.UNCHANGED
    assert read(process(server), cloud) == ("first", 0, Source.KNOWN)
    assert cloud.fetches == ["new", "unchanged", "unchanged"]


def test_write(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """After a write, the GETs are repeated, even if the client accepts the age."""
    lists, others = process(server), process(server)
    read(lists, cloud)
    lists.drop(KEY.project_id)
    go_on(1)
    assert read(lists, cloud) == ("first", 0, Source.UNCHANGED)
    assert read(others, cloud) == ("first", 0, Source.KNOWN)
    others.drop(KEY.project_id)
    cloud.name = "second"
    assert read(lists, cloud) == ("second", 0, Source.FETCHED)


def test_rebuilt(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """The list is built again after a minute: it also depends on values that the gateway caches."""
    lists = process(server)
    read(lists, cloud)
    for _time in range(20):
        go_on(3)
        read(lists, cloud)
    go_on(3)
    read(lists, cloud)
    assert cloud.fetches == ["new", *["unchanged"] * 20, "new"]


@pytest.mark.parametrize("lost", ["", ":head"])
def test_lost_in_redis(
    server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud, lost: str
) -> None:
    """Without a stored list or its time, another process fetches the list."""
    read(process(server), cloud)
    server.delete(f"p:{KEY}{lost}")
    assert read(process(server), cloud) == ("first", 0, Source.FETCHED)


def test_newer_content(server: FakeRedis, go_on: Callable[[float], None], cloud: Cloud) -> None:
    """Between the two commands that store a list, its own time counts, not that of the head."""
    lists, others = process(server), process(server)
    read(lists, cloud)
    go_on(3)
    cloud.name = "second"
    old_head = server.get(f"p:{KEY}:head")
    assert old_head is not None
    read(lists, cloud, max_age=1)
    server.set(f"p:{KEY}:head", old_head)
    assert read(others, cloud, max_age=10) == ("second", 0, Source.KNOWN)


def test_without_redis(go_on: Callable[[float], None], cloud: Cloud) -> None:
    """One process alone compares, too."""
    lists = process(None)
    read(lists, cloud)
    go_on(3)
    assert read(lists, cloud) == ("first", 0, Source.UNCHANGED)
