# SPDX-License-Identifier: Apache-2.0
"""The recent lists of several processes, and reads of one list."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.adapters.http.guards import Guard
from kic_vm.cache.fetched import Fetch, Fetched, Source
from kic_vm.cache.followers import Followers
from kic_vm.cache.recent_lists import RecentLists
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.stored_lists import Key
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET

JSON = dict[str, Any]

PATIENCE = 0.5
SERVICES = {"instances": "compute", "volumes": "block-storage"}

KEY = Key.of("project", ["member", "reader"], "instances")


def process(
    server: FakeRedis | None,
    *,
    memory: int = 2**20,
    max_age: float = 30,
    guard: Guard | None = None,
    other_guards: Mapping[str, Guard] = MappingProxyType({}),
) -> RecentLists:
    """The lists of one of several processes; ``guard`` is Nova's."""
    client = SealedRedis(server, "p:", SECRET) if server is not None else None
    guard = guard or Guard(Bulkhead("compute", 100, 1), CircuitBreaker("compute", 0, 5))
    return RecentLists(
        client,
        retry_after=5,
        max_age=max_age,
        max_age_followed=100,
        memory=memory,
        followers=Followers(
            {"compute": guard, **other_guards},
            {"instances": "compute", "volumes": "block-storage"},
            PATIENCE,
        ),
    )


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
    known, age, source = lists.read(key, max_age, fetching(fetch), is_only_process=is_only_process)
    return known.items[0]["id"], age, source


def fetching(fetch: Callable[[], list[JSON]]) -> Fetch[JSON]:
    """A fetch that always reads the whole list."""
    return lambda _known: Fetched(fetch(), None)
