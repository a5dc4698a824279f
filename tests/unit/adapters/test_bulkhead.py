# SPDX-License-Identifier: Apache-2.0
"""One service holds no more than its share of the threads."""

import contextlib
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
import requests

from kic_vm import deadline, exceptions
from kic_vm.adapters.http import bulkhead as bulkhead_module
from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.http.guards import Guard
from kic_vm.adapters.http.time_limits import TimeLimits
from kic_vm.context import RequestRecord, recording
from tests.unit.adapters.answering import Server
from tests.unit.metrics.samples import sample

PLACES = 4
SECONDS = 20


def in_progress() -> float:
    return sample("kic_vm_upstream_requests_in_progress", service="compute")


@pytest.fixture
def bulkhead() -> Bulkhead:
    return Bulkhead("compute", PLACES, 0.05)


@pytest.fixture
def holders(bulkhead: Bulkhead) -> Iterator[list[RequestRecord]]:
    """Requests that have all the places."""
    records = [RequestRecord(f"req-{number}") for number in range(PLACES)]
    for record in records:
        bulkhead.enter(record)
    assert in_progress() == PLACES
    yield records
    for record in records:
        bulkhead.leave(record)
    assert in_progress() == 0


def test_refused(bulkhead: Bulkhead, holders: list[RequestRecord]) -> None:
    """A request that gets no place in time is told when to try again."""
    with pytest.raises(exceptions.UpstreamBusy) as caught:
        bulkhead.enter(RequestRecord("req-new"))
    assert caught.value.details == {"service": "compute"}
    assert caught.value.retry_after == 1


def test_several_calls_of_a_request(bulkhead: Bulkhead, holders: list[RequestRecord]) -> None:
    """A request has one place for all the calls that it makes side by side."""
    bulkhead.enter(holders[0])
    bulkhead.leave(holders[0])
    with pytest.raises(exceptions.UpstreamBusy):
        bulkhead.enter(RequestRecord("req-new"))


def test_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the calls that a request makes side by side waits for a place, for all of them."""
    calls = 4
    waits: list[threading.Thread] = []
    others_wait = threading.Semaphore(0)

    @contextlib.contextmanager
    def waiting(*_names: str) -> Iterator[None]:
        others_wait.release()
        yield

    def wait(_bulkhead: Bulkhead) -> bool:
        waits.append(threading.current_thread())
        for _other in range(calls - 1 if len(waits) == 1 else 0):
            assert others_wait.acquire(timeout=SECONDS)
        return False

    monkeypatch.setattr(bulkhead_module, "waiting", waiting)
    monkeypatch.setattr(Bulkhead, "_wait", wait)
    full, holder, record = Bulkhead("compute", 1, 1), RequestRecord("req-1"), RequestRecord("req-2")
    full.enter(holder)
    with ThreadPoolExecutor(calls) as pool:
        entering = [pool.submit(full.enter, record) for _call in range(calls)]
    assert {type(one.exception()) for one in entering} == {exceptions.UpstreamBusy}
    assert len(waits) == 1
    with pytest.raises(exceptions.UpstreamBusy):
        full.enter(record)
    assert len(waits) == 2  # a later call waits again
    full.leave(holder)
    full.enter(record)
    full.leave(record)


def test_place_that_becomes_free() -> None:
    """A request that waits gets the place of one that ends."""
    patient = Bulkhead("compute", 1, 30)
    first, second = RequestRecord("req-1"), RequestRecord("req-2")
    patient.enter(first)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.enter, second)
        threading.Timer(0.05, patient.leave, [first]).start()
        waiting.result(20)
    patient.leave(second)


def test_busy_service() -> None:
    """Nobody is refused while places become free all the time, however many requests wait."""
    patient = Bulkhead("compute", PLACES, 30)
    beginning = threading.Barrier(4 * PLACES)

    def call(number: int) -> None:
        record = RequestRecord(f"req-{number}")
        beginning.wait(SECONDS)
        for _call in range(20):
            patient.enter(record)
            threading.Event().wait(0.002)
            patient.leave(record)

    with ThreadPoolExecutor(4 * PLACES) as pool:
        assert len(list(pool.map(call, range(4 * PLACES)))) == 4 * PLACES
    assert in_progress() == 0


def test_service_that_begins_to_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wait when the places stop becoming free are refused soon, but for a quarter."""
    monkeypatch.setattr(bulkhead_module, "_STALLED_SECONDS", 0.1)
    patient = Bulkhead("compute", PLACES, 30)
    records = [RequestRecord(f"req-{number}") for number in range(PLACES)]
    for record in records:
        patient.enter(record)
    late = [RequestRecord(f"req-late-{number}") for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        entering = {pool.submit(patient.enter, record): record for record in late}
        refused = list(itertools.islice(as_completed(entering, SECONDS), 2))
        patient.leave(records.pop())
    assert {type(one.exception()) for one in refused} == {exceptions.UpstreamBusy}
    (waited,) = entering.keys() - set(refused)
    for record in [*records, entering[waited]]:
        patient.leave(record)
    assert in_progress() == 0


def test_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who wait hold threads too: what is beyond a quarter is refused if nothing moves."""
    monkeypatch.setattr(bulkhead_module, "_STALLED_SECONDS", 0.0)
    patient = Bulkhead("compute", PLACES, 30)
    records = [RequestRecord(f"req-{number}") for number in range(PLACES + 1)]
    for record in records[:PLACES]:
        patient.enter(record)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(patient.enter, records[PLACES])
        while patient._waiting == 0:
            threading.Event().wait(0.01)
        with pytest.raises(exceptions.UpstreamBusy):
            patient.enter(RequestRecord("req-new"))
        patient.leave(records[0])
        waiting.result(20)
    for record in records[1:]:
        patient.leave(record)


def test_other_services() -> None:
    """A call does not wait while another call of its request waits for a place elsewhere."""
    compute, network = Bulkhead("compute", 1, 30), Bulkhead("network", 1, 30)
    holder, record = RequestRecord("req-1"), RequestRecord("req-2")
    compute.enter(holder)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(compute.enter, record)
        while compute._waiting == 0:
            threading.Event().wait(0.01)
        try:
            pool.submit(network.enter, record).result(SECONDS)
        finally:
            compute.leave(holder)
            waiting.result(SECONDS)
    compute.leave(record)
    network.leave(record)


def test_deadline() -> None:
    """Nobody waits for longer than the request has."""
    patient = Bulkhead("compute", 1, 3600)
    holder = RequestRecord("req-1")
    patient.enter(holder)
    with deadline.within(0.01), pytest.raises(exceptions.UpstreamBusy):
        patient.enter(RequestRecord("req-new"))
    patient.leave(holder)


def test_place_is_free_after_a_refusal(bulkhead: Bulkhead, holders: list[RequestRecord]) -> None:
    """A request that was refused takes no place with it."""
    refused = RequestRecord("req-new")
    with pytest.raises(exceptions.UpstreamBusy):
        bulkhead.enter(refused)
    bulkhead.leave(holders.pop())
    bulkhead.enter(refused)
    holders.append(refused)


def test_calls_on_the_wire(server: Server) -> None:
    """A call has a place while it waits for its answer, and gives it back after a failure too."""
    breaker = CircuitBreaker("compute", 0, 1)
    guards = {"compute": Guard(Bulkhead("compute", 1, 0.01), breaker)}
    session = HttpClient(1, 2**20, {"compute": TimeLimits(first_byte=SECONDS)}, guards)

    def fetch(path: str) -> None:
        with recording(RequestRecord(path)), calling("compute"):
            session.get(server.url + path, {}, timeout=None, verify=True, cert=None)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fetch, "/wait/here")
        while in_progress() == 0:
            threading.Event().wait(0.01)
        with pytest.raises(exceptions.UpstreamBusy):
            fetch("/plain")
        server.release("here")
        waiting.result(SECONDS)
    with pytest.raises(requests.ConnectionError):
        fetch("/broken")
    fetch("/plain")
    assert in_progress() == 0
