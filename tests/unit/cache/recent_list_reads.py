# SPDX-License-Identifier: Apache-2.0
"""The recent lists of several processes, and reads of one list."""

from collections.abc import Callable
from typing import Any

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
