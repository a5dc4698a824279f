# SPDX-License-Identifier: Apache-2.0
"""Requests that wait for a fetch of another one hold no more threads than a service may."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from kic_vm import deadline, exceptions
from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.adapters.http.guards import Guard
from kic_vm.cache.recent_lists import RecentLists
from kic_vm.context import RequestRecord, current_record, recording
from tests.unit.cache.recent_list_reads import KEY, PATIENCE, fetching, process
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]

PLACES, THREADS, SECONDS = 4, 16, 20
ROOM = PLACES + PLACES // 4
"""The threads that a service which hangs may hold."""


class Service:
    """A service that hangs until it is let go on."""

    def __init__(self) -> None:
        self.guard = Guard(Bulkhead("compute", PLACES, 0.2), CircuitBreaker("compute", 0, 5))
        self.hangs = threading.Event()
        self.count = 0

    def fetch(self) -> list[JSON]:
        with self.guard.entered():
            self.count += 1
            assert self.hangs.wait(SECONDS)
            return []


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.hangs.set()


@pytest.fixture
def pool(service: Service) -> Iterator[ThreadPoolExecutor]:
    """The threads of a server."""
    with ThreadPoolExecutor(THREADS) as made:
        yield made
        service.hangs.set()


def poll(pool: ThreadPoolExecutor, call: Callable[[], Any], count: int) -> list["Future[Any]"]:
    """Requests at the same time."""

    def request() -> Any:
        with recording(RequestRecord("req")), deadline.within(SECONDS):
            return call()

    return [pool.submit(request) for _number in range(count)]


def get(lists: RecentLists, service: Service) -> Callable[[], Any]:
    return lambda: lists.read(KEY, 30, fetching(service.fetch), is_only_process=False)


def test_hanging_service(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """Those beyond the room of the service are refused with its name, and soon."""
    requests = poll(pool, get(process(server, guard=service.guard), service), THREADS)
    end = time.monotonic() + SECONDS
    while sum(not one.done() for one in requests) > ROOM and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(PATIENCE)
    refused = [one.exception() for one in requests if one.done()]
    assert len(refused) == THREADS - ROOM, "no more than necessary"
    assert {type(error) for error in refused} == {exceptions.UpstreamBusy}
    assert service.count == 1


def test_late_request(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """Where enough wait for a service that hangs, another request is refused at once."""
    call = get(process(server, guard=service.guard), service)
    poll(pool, call, ROOM)
    time.sleep(2 * PATIENCE)
    (late,) = poll(pool, call, 1)
    assert isinstance(late.exception(PATIENCE / 2), exceptions.UpstreamBusy)


def test_places_first(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """Those who wait for a fetch leave the threads to requests that get places."""
    requests = poll(pool, get(process(server, guard=service.guard), service), ROOM)
    time.sleep(2 * PATIENCE)
    assert not any(one.done() for one in requests)
    poll(pool, service.fetch, PLACES - 1)
    time.sleep(2 * PATIENCE)
    assert sum(not one.done() for one in requests) == ROOM - (PLACES - 1)


def test_brief_fetch(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """A crowd waits for a fetch that does not take long: nobody is refused."""
    requests = poll(pool, get(process(server, guard=service.guard), service), THREADS)
    time.sleep(PATIENCE / 2)
    service.hangs.set()
    assert len([one.result(SECONDS) for one in requests]) == THREADS
    assert service.count == 1


def test_long_fetch(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """A crowd waits for a fetch of many calls, each of which ends soon: nobody is refused."""

    def fetch() -> list[JSON]:
        record = current_record()
        assert record is not None
        with service.guard.entered():
            service.count += 1
            for _page in range(12):
                time.sleep(PATIENCE / 4)
                record.add_upstream_call(PATIENCE / 4)
        return []

    lists = process(server, guard=service.guard)
    requests = poll(
        pool, lambda: lists.read(KEY, 30, fetching(fetch), is_only_process=False), THREADS
    )
    assert len([one.result(SECONDS) for one in requests]) == THREADS
    assert service.count == 1


def test_other_process(server: FakeRedis, service: Service, pool: ThreadPoolExecutor) -> None:
    """A request that waits for another process counts, too."""
    server.look("SET", f"p:{KEY}:fetch", "other")
    lists = process(server, guard=service.guard)
    poll(pool, service.fetch, PLACES)
    while service.count < PLACES:
        time.sleep(0.01)
    requests = poll(pool, get(lists, service), 3)
    time.sleep(3 * PATIENCE)
    assert sum(not one.done() for one in requests) <= ROOM - PLACES


def test_service_of_the_fetch(
    server: FakeRedis, service: Service, pool: ThreadPoolExecutor
) -> None:
    """The refusal names the service that the fetch waits for."""
    volumes = Guard(Bulkhead("block-storage", 1, 0.2), CircuitBreaker("block-storage", 0, 5))
    lists = process(server, guard=service.guard, other_guards={"block-storage": volumes})

    def fetch() -> list[JSON]:
        with volumes.entered():
            assert service.hangs.wait(SECONDS)
            return []

    requests = poll(pool, lambda: lists.read(KEY, 30, fetching(fetch), is_only_process=False), 3)
    time.sleep(2 * PATIENCE)
    (error,) = [one.exception() for one in requests if one.done()]
    assert isinstance(error, exceptions.UpstreamBusy)
    assert error.details == {"service": "block-storage"}
