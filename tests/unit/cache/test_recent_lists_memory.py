# SPDX-License-Identifier: Apache-2.0
"""What a process keeps of recent lists: bounded lists, their values, and their pages."""

import contextlib
import secrets
import tracemalloc
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from kic_vm.cache.fetched import Source
from kic_vm.cache.stored_lists import Key
from tests.unit.cache.recent_list_reads import KEY, Fetches, fetching, process, read
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]


def no_items() -> list[JSON]:
    return []


@contextlib.contextmanager
def tracing_memory() -> Iterator[None]:
    """Count the memory that is allocated in the block."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def test_memory(server: FakeRedis) -> None:
    """A process holds no more than its bound; what was used longest ago comes from Redis again."""
    lists, fetch = process(server, memory=100_000), Fetches()
    keys = [Key.of(f"project {number}", [], "instances") for number in range(10)]
    for key in keys:
        read(lists, lambda: [{"id": str(fetch()), "text": "x" * 40_000}], key=key)
    known = [key for key in keys if lists.find(key, 30, is_only_process=False)]
    assert known == keys[-len(known) :]
    assert len(known) == 2
    assert lists.read(keys[0], 30, fetching(fetch), is_only_process=False)[2] is Source.KNOWN
    read(lists, lambda: [{"id": "x" * 200_000}])  # larger than the bound


@pytest.mark.parametrize("pages", [0, 8])
def test_memory_of_small_lists(pages: int) -> None:
    """Lists without items, and their pages, take not much more memory than the bound either."""
    bound = 2**18
    lists = process(None, memory=bound)
    with tracing_memory():
        for number in range(1000):
            key = Key.of("project", ["member", f"role {number}"], "instances")
            known, _age, _source = lists.read(key, 9, fetching(no_items), is_only_process=True)
            for offset in range(pages):
                query = f"limit=20&sort_keys=created_at&offset={offset}"
                page = lists.page(key, known, query, lambda items: (items[:], {"total": 0}))
                page.body = f'{{"instances":[],"pagination":{{"offset":{offset}}}}}'.encode()
                page.tag = f"{offset:032x}"
        used, _peak = tracemalloc.get_traced_memory()
    assert used < 2 * bound


def test_memory_of_bodies() -> None:
    """The bodies of pages count against the bound too."""
    bound = 2**20
    lists = process(None, memory=bound)

    def items() -> list[JSON]:
        return [{"id": str(number), "name": secrets.token_hex(500)} for number in range(20)]

    with tracing_memory():
        for number in range(200):
            key = Key.of("project", ["member", f"role {number}"], "instances")
            known, _age, _source = lists.read(key, 9, fetching(items), is_only_process=True)
            for query in ("", "limit=100"):
                page = lists.page(key, known, query, lambda items: (items[:], {"total": 20}))
                page.body = orjson.dumps(page.items)
        used, _peak = tracemalloc.get_traced_memory()
    assert used < 1.5 * bound


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
    lists = process(server)
    known, _age, _source = lists.read(KEY, 9, fetching(lambda: items), is_only_process=False)
    made: list[str] = []

    def page(query: str) -> Any:
        def select(items: list[JSON]) -> tuple[list[JSON], JSON]:
            made.append(query)
            return items[:1], {"query": query}

        return lists.page(KEY, known, query, select)

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
    known, _age, _source = process(server).read(
        KEY, 9, fetching(lambda: items), is_only_process=False
    )
    pages = [
        known.page(f"name=&limit={number}", lambda listed: (listed[:], {})) for number in range(32)
    ]
    kept = [
        page
        for number, page in enumerate(pages)
        if known.page(f"name=&limit={number}", lambda _listed: ([], {})) is page
    ]
    assert sum(len(page.items) for page in kept) <= 2 * len(items)
