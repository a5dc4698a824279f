# SPDX-License-Identifier: Apache-2.0
"""The spans of one trace, as a tree: what they are called and how long they took, no ids."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

JSON = dict[str, Any]

_MILLISECOND: Final = 1e6  # in nanoseconds
_STATUS: Final = "http.response.status_code"
_SERVICE: Final = "kic_vm.service"
_ERROR: Final = "error.type"


@dataclasses.dataclass
class Span:
    """A span; times are in milliseconds since the beginning of the trace."""

    name: str
    kind: str
    """As in OTLP, such as ``SPAN_KIND_CLIENT``."""
    service: str | None
    start: float
    duration: float
    outcome: str | None
    """The HTTP status or the kind of failure; None for a wait that succeeded."""
    is_failed: bool
    depth: int
    """Number of spans above it."""


def trace_of(bodies: Iterable[bytes], client_span: bytes) -> list[Span]:
    """The spans of the request that a client has sent, each below its parent; maybe incomplete.

    :param bodies: what the gateway has exported
    :param client_span: the id in the client's ``traceparent``
    """
    sent = [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    roots = [span for span in sent if span.parent_span_id == client_span]
    if not roots:
        return []
    return list(_descendants(roots[0], sent, roots[0].start_time_unix_nano, 0))


def _descendants(span: SentSpan, sent: list[SentSpan], zero: int, depth: int) -> Iterator[Span]:
    attributes = {
        entry.key: entry.value.string_value or entry.value.int_value for entry in span.attributes
    }
    outcome = attributes.get(_STATUS) or attributes.get(_ERROR)
    service = attributes.get(_SERVICE)
    yield Span(
        name=span.name,
        kind=SentSpan.SpanKind.Name(span.kind),
        service=None if service is None else str(service),
        start=(span.start_time_unix_nano - zero) / _MILLISECOND,
        duration=(span.end_time_unix_nano - span.start_time_unix_nano) / _MILLISECOND,
        outcome=None if outcome is None else str(outcome),
        is_failed=_ERROR in attributes,
        depth=depth,
    )
    children = [other for other in sent if other.parent_span_id == span.span_id]
    for child in sorted(children, key=lambda other: other.start_time_unix_nano):
        yield from _descendants(child, sent, zero, depth + 1)
