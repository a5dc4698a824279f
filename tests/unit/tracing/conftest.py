# SPDX-License-Identifier: Apache-2.0
"""A gateway with traces, and a collector in memory."""

import pytest
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.sdk.trace import export
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.tracing.spans import ENABLED, INSTANCE, Finished, by_name


@pytest.fixture
def options() -> str:
    return ENABLED


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What the collector would get, without a thread that sends it."""
    memory = InMemorySpanExporter()
    monkeypatch.setattr(trace_exporter, "OTLPSpanExporter", lambda *_args, **_kwargs: memory)
    monkeypatch.setattr(
        export, "BatchSpanProcessor", lambda one, **_kwargs: export.SimpleSpanProcessor(one)
    )
    return memory


@pytest.fixture
def finished(exporter: InMemorySpanExporter, member: Caller, populated: Cloud) -> Finished:
    """The spans since the last call, by name; the gateway knows the token and the endpoints."""
    assert member.get(INSTANCE).status_code == 200
    exporter.clear()
    populated.forget()
    return lambda: by_name(exporter)
