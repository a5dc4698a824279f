# SPDX-License-Identifier: Apache-2.0
"""The thread that sends the spans to the collector."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from oslo_config import cfg

from kic_vm import deploy
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.tracing.spans import ENABLED, INSTANCE, PUBLIC, ROUTE


class TestCollector:
    """The thread that sends the spans."""

    @pytest.fixture
    def options(self) -> str:
        return f"{ENABLED}endpoint = http://collector.test/v1/traces\nservice_name = gateway-1\n"

    def test_wire(self, member: Caller, populated: Cloud) -> None:
        """The collector gets the spans by OTLP, with the name of the gateway."""
        arrived = threading.Event()
        bodies: list[bytes] = []

        def receive(request: Any, _context: Any) -> dict[str, Any]:
            bodies.append(request.body)
            arrived.set()
            return {}

        populated.answer_pattern("POST", re.compile("^http://collector.test/v1/traces$"), receive)
        member.get(INSTANCE)
        assert arrived.wait(30)
        sent = ExportTraceServiceRequest.FromString(bodies[0])
        (resource_spans,) = sent.resource_spans
        names = {span.name for scope in resource_spans.scope_spans for span in scope.spans}
        attributes = {one.key: one.value.string_value for one in resource_spans.resource.attributes}
        assert ROUTE in names
        assert attributes["service.name"] == "gateway-1"


class TestBrokenCollector:
    """A collector that does not work, at a real address."""

    @pytest.fixture
    def collector(self) -> Iterator[socket.socket]:
        """It accepts connections and never answers."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            yield listening

    @pytest.fixture
    def options(self, collector: socket.socket) -> str:
        return f"{ENABLED}endpoint = http://127.0.0.1:{collector.getsockname()[1]}/v1/traces\n"

    def test_hanging(self, application: Any, collector: socket.socket) -> None:
        """Requests are served while an export waits for the collector."""
        caller = Caller(application, None)
        assert caller.get(PUBLIC).status_code == 200
        collector.settimeout(30)
        with collector.accept()[0] as connection:
            assert connection.recv(4) == b"POST"
            assert caller.get(PUBLIC).status_code == 200

    def test_down(self, application: Any, collector: socket.socket, lines: list[str]) -> None:
        """Requests are served while nobody listens; the log tells that spans are lost."""
        collector.close()
        caller = Caller(application, None)
        assert caller.get(PUBLIC).status_code == 200
        for _ in range(300):
            if any("spans batch" in line for line in lines):
                break
            time.sleep(0.1)
        else:
            pytest.fail("nothing was logged")
        assert caller.get(PUBLIC).status_code == 200

    def test_full_queue(
        self, application: Any, monkeypatch: pytest.MonkeyPatch, lines: list[str]
    ) -> None:
        """If spans come faster than they go, they are dropped, and no request waits."""
        monkeypatch.setattr("kic_vm.tracing.export._QUEUE", 1)
        monkeypatch.setattr("kic_vm.tracing.export._BATCH", 1)
        caller = Caller(application, None)
        assert {caller.get(PUBLIC).status_code for _ in range(20)} == {200}
        assert any("Queue full" in line for line in lines)


def test_load_starts_no_thread(conf: cfg.ConfigOpts) -> None:
    """The application is loaded in a process that forks, and at each reload: there is no thread."""
    before = senders()
    deploy.load_app(conf)
    assert senders() <= before


def senders() -> set[threading.Thread]:
    """The threads that send spans."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("OtelBatch")}
