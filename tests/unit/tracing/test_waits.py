# SPDX-License-Identifier: Apache-2.0
"""What a request waits for besides its calls, and the threads and greenlets of its calls."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

import pytest
import redis
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from oslo_config import cfg

from kic_vm import exceptions
from kic_vm.adapters.http import interleaved
from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.client import HttpClient
from kic_vm.adapters.http.current_call import calling
from kic_vm.adapters.parallel import run_in_threads
from kic_vm.cache.client import TracedRedis, connect
from kic_vm.cache.fetched import Source
from kic_vm.cache.outage import Outage
from kic_vm.cache.sealed import SealedRedis
from kic_vm.cache.stored_lists import Key, StoredLists
from kic_vm.cache.terms import Terms
from kic_vm.context import RequestRecord
from kic_vm.tracing.request_trace import tracing, waiting
from kic_vm.tracing.spans import SpanTrace
from tests.unit.adapters.answering import answering
from tests.unit.cache.recent_list_reads import fetching, process
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.fake_redis import FakeRedis
from tests.unit.personas import SECRET
from tests.unit.tracing.spans import INSTANCE, ROUTE, by_name, parents, the, tracer_to


class TracedFake(TracedRedis, FakeRedis):  # type: ignore[misc]  # one interface, two signatures
    """A Redis in this process, with the commands of the gateway's client."""


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Any:
    return tracer_to(exporter)


def test_token_validation(exporter: InMemorySpanExporter, member: Caller, populated: Cloud) -> None:
    """The first request with a token shows its validation, with the call to Keystone in it."""
    member.get(INSTANCE)
    spans = by_name(exporter)
    validation = the(spans, "token validation")
    assert parents([validation]) == {the(spans, ROUTE).context.span_id}
    assert parents(spans["identity GET /auth/tokens"]) == {validation.context.span_id}
    assert spans["login"][0].attributes == {"kic_vm.service": "identity"}


def test_bulkhead(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """A request that waits for a place of a service shows that, also if it gets none."""
    bulkhead = Bulkhead("compute", 4, 0.01)
    holders = [RequestRecord(f"req-{number}") for number in range(4)]
    for holder in holders:
        bulkhead.enter(holder)
    with tracing(SpanTrace(tracer)), pytest.raises(exceptions.UpstreamBusy):
        bulkhead.enter(RequestRecord("req-new"))
    for holder in holders:
        bulkhead.leave(holder)
    assert the(by_name(exporter), "bulkhead wait").attributes == {"kic_vm.service": "compute"}


def test_bulkhead_side_by_side(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """Calls of one request share its place: each of them shows that it waits for it."""
    bulkhead = Bulkhead("compute", 1, 30)
    holder, record = RequestRecord("req-1"), RequestRecord("req-2")
    wait = threading.Semaphore(0)

    class Trace(SpanTrace):
        def waiting(self, name: str, service: str | None) -> Any:
            wait.release()
            return super().waiting(name, service)

    def leave_when_all_wait() -> None:
        try:
            assert all(wait.acquire(timeout=10) for _call in range(3))
        finally:
            bulkhead.leave(holder)

    bulkhead.enter(holder)
    with tracing(Trace(tracer)):
        run_in_threads(leave_when_all_wait, *[partial(bulkhead.enter, record)] * 3)
    for _call in range(3):
        bulkhead.leave(record)
    assert len(by_name(exporter)["bulkhead wait"]) == 3


def test_single_flight(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """A request that waits for the fetch of another one shows that."""
    lists, key = process(None), Key.of("project", ["member"], "instances")
    begun, waits = threading.Event(), threading.Event()

    class Trace(SpanTrace):
        def waiting(self, name: str, service: str | None) -> Any:
            waits.set()
            return super().waiting(name, service)

    def fetch() -> list[dict[str, Any]]:
        begun.set()
        assert waits.wait(30)
        return []

    with ThreadPoolExecutor(1) as threads, tracing(Trace(tracer)):
        other = threads.submit(lists.read, key, 20, fetching(fetch), is_only_process=True)
        assert begun.wait(30)
        _list, _age, source = lists.read(key, 20, fetching(fetch), is_only_process=True)
        other.result()
    assert source is Source.OTHERS
    assert the(by_name(exporter), "single-flight wait")


def test_redis(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """Each command to Redis is a wait, with its name alone."""
    with tracing(SpanTrace(tracer)):
        TracedFake().set("key", SECRET)
    span = the(by_name(exporter), "redis SET")
    assert SECRET not in span.to_json()
    assert span.attributes == {}


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "redis+sentinel://127.0.0.1:1/name"])
def test_redis_down(
    exporter: InMemorySpanExporter, tracer: Any, conf: cfg.ConfigOpts, url: str
) -> None:
    """A Redis that cannot be reached shows in the trace, with the class of the failure alone."""
    conf.set_override("url", url, "redis")
    client = connect(conf)
    assert client is not None
    with tracing(SpanTrace(tracer)), pytest.raises(redis.ConnectionError):
        client.get("key")
    span = the(by_name(exporter), "redis GET")
    assert span.attributes is not None
    assert str(span.attributes["error.type"]).endswith(("ConnectionError", "MasterNotFoundError"))
    assert (span.status.description, span.events) == (None, ())


def test_stored_lists(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """A wait for the fetch of another process is one span, however often it asks Redis."""
    sealed = SealedRedis(TracedFake(), "p:", SECRET)
    stored = StoredLists(sealed, Outage(5), 30)
    lease = sealed.lease("list:fetch")
    assert lease.acquire(30)

    terms = Terms(b"", is_shared=True, arrived=time.time(), max_age=0.2)
    with tracing(SpanTrace(tracer)):
        assert stored.find_or_acquire("list", terms, None, lambda: nullcontext(lambda: None)) == (
            None,
            None,
        )
    spans = by_name(exporter)
    assert len(spans["single-flight wait"]) == 1
    assert len(spans.get("redis GET", ())) <= 1


def test_threads(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """The context follows the threads of concurrent writes."""
    together = threading.Barrier(3)

    def write() -> int:
        with waiting("wait"):
            together.wait(30)
        return threading.get_ident()

    with tracer.start_as_current_span("request"), tracing(SpanTrace(tracer)):
        threads = run_in_threads(*[write] * 3)
    spans = by_name(exporter)
    assert len(set(threads)) == 3
    assert parents(spans["wait"]) == {the(spans, "request").context.span_id}


def test_greenlets(exporter: InMemorySpanExporter, tracer: Any) -> None:
    """Four reads that one thread sends side by side: each has its span, and sends its own id."""
    client = HttpClient(pool_size=4, max_body_size=2**20)
    with (
        answering() as server,
        tracer.start_as_current_span("request"),
        tracing(SpanTrace(tracer)),
        calling("compute"),
    ):
        url = f"{server.url}/together"
        get = partial(client.get, url, {}, timeout=30, verify=None, cert=None)
        interleaved.gather_reads(*[get] * 4)
    spans = by_name(exporter)
    calls = spans["compute GET"]
    assert parents(calls) == {the(spans, "request").context.span_id}
    sent = {asked.headers["traceparent"].split("-")[2] for asked in server.asked}
    assert sent == {f"{span.context.span_id:016x}" for span in calls}
    assert len(sent) == 4
