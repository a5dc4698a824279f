# SPDX-License-Identifier: Apache-2.0
"""What the tests of traces share: options, requests, and helpers for spans."""

from collections.abc import Callable
from typing import Any, Final

from opentelemetry.sdk import trace as sdk
from opentelemetry.sdk.trace import ReadableSpan, export
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.unit.bodies import SERVER

ENABLED: Final = "[tracing]\nenabled = true\n"
PUBLIC: Final = "/api/v1/lifecycle"
INSTANCE: Final = f"/api/v1/instances/{SERVER['id']}"
ROUTE: Final = "GET /api/v1/instances/{instance_id}"
TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CLIENT_SPAN: Final = "00f067aa0ba902b7"
PARENT: Final = {"traceparent": f"00-{TRACE_ID}-{CLIENT_SPAN}-01", "tracestate": "vendor=value"}

Spans = dict[str, list[ReadableSpan]]
Finished = Callable[[], Spans]


def by_name(exporter: InMemorySpanExporter) -> Spans:
    """The spans since the last call, by name."""
    names: Spans = {}
    for span in exporter.get_finished_spans():
        names.setdefault(span.name, []).append(span)
    exporter.clear()
    return names


def the(spans: Spans, name: str) -> ReadableSpan:
    """The only span of a name."""
    (span,) = spans[name]
    return span


def parents(spans: list[ReadableSpan]) -> set[int]:
    """The ids of the spans' parents."""
    return {span.parent.span_id for span in spans if span.parent}


def tracer_to(exporter: InMemorySpanExporter) -> Any:
    """A tracer whose spans the exporter gets."""
    provider = sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    return provider.get_tracer("test")
