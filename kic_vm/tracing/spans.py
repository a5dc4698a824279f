# SPDX-License-Identifier: Apache-2.0
"""The trace of a request as OpenTelemetry spans.

The attributes contain no token, no body, no query, no id and no name of a resource. For the same
reason, no exception is recorded: only its class.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kic_vm.exceptions import KicVmError
from kic_vm.tracing.request_trace import RequestTrace, SentRequest, current_call

# As in oslo.middleware.
REQUEST_ID: Final = "openstack.request_id"
PROJECT_ID: Final = "openstack.project_id"
SERVICE: Final = "kic_vm.service"
FALLBACK: Final = "kic_vm.fallback"
METHOD: Final = "http.request.method"
ROUTE: Final = "http.route"
STATUS: Final = "http.response.status_code"
RESENDS: Final = "http.request.resend_count"
TEMPLATE: Final = "url.template"
HOST: Final = "server.address"
PORT: Final = "server.port"
ERROR: Final = "error.type"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
_OTHER_METHOD: Final = "_OTHER"
_TOKENS: Final = "/auth/tokens"
# At these paths, a service lists its versions.
_VERSIONS: Final = re.compile(r"/v[0-9]+(?:\.[0-9]+)?/?$|^/?$")
# The headers of the W3C recommendation "Trace Context", both ways.
_PROPAGATOR: Final = TraceContextTextMapPropagator()


class ServerSpan:
    """The span of one request to the gateway."""

    def __init__(self, span: Span, method: str) -> None:
        self._span = span
        self._method = method

    def end(
        self, status: int, *, route: str | None, request_id: str, project_id: str | None
    ) -> None:
        """Record the outcome of the request."""
        if not self._span.is_recording():
            return
        if route is not None:
            self._span.update_name(f"{self._method} {route}")
            self._span.set_attribute(ROUTE, route)
        self._span.set_attribute(REQUEST_ID, request_id)
        if project_id is not None:
            self._span.set_attribute(PROJECT_ID, project_id)
        _note_status(self._span, status, failures_from=500)


@contextlib.contextmanager
def serving(
    tracer: trace.Tracer, method: str, headers: Mapping[str, str], *, is_continued: bool
) -> Iterator[ServerSpan]:
    """Record the block as a request to the gateway.

    :param headers: the client's ``traceparent`` and ``tracestate``, in lower case
    :param is_continued: whether the span belongs to the client's trace, and the client decides
        whether it is sampled; otherwise, a new trace has a link to it
    """
    context = _PROPAGATOR.extract(headers, context=Context())
    links = []
    if not is_continued:
        client = trace.get_current_span(context).get_span_context()
        links = [Link(client)] if client.is_valid else []
        context = Context()
    name = method if method in _METHODS else _OTHER_METHOD
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind.SERVER,
        attributes={METHOD: name},
        links=links,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield ServerSpan(span, name)


class SpanTrace(RequestTrace):
    """A trace that records a span for each upstream request and each wait."""

    def __init__(self, tracer: trace.Tracer) -> None:
        super().__init__()
        self._tracer = tracer

    @contextlib.contextmanager
    def waiting(self, name: str, service: str | None) -> Iterator[None]:
        """See RequestTrace."""
        with self._span(name, SpanKind.INTERNAL, {SERVICE: service} if service else {}):
            yield

    @contextlib.contextmanager
    def sending(self, method: str, url: str, service: str | None) -> Iterator[SentRequest]:
        """See RequestTrace; the span includes the waits of the guards of the service."""
        name, attributes = _described(method, url, service)
        with self._span(name, SpanKind.CLIENT, attributes) as span:
            headers = dict(self.passed_headers)
            _PROPAGATOR.inject(headers)
            yield _SentRequest(headers, span)

    @contextlib.contextmanager
    def _span(self, name: str, kind: SpanKind, attributes: dict[str, str | int]) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                code = error.code if isinstance(error, KicVmError) else type(error).__name__
                span.set_attribute(ERROR, code)
                span.set_status(Status(StatusCode.ERROR))
                raise


class _SentRequest(SentRequest):
    def __init__(self, headers: Mapping[str, str], span: Span) -> None:
        super().__init__(headers)
        self._span = span

    def note_status(self, status: int) -> None:
        _note_status(self._span, status, failures_from=400)


def _described(method: str, url: str, service: str | None) -> tuple[str, dict[str, str | int]]:
    """The name and the attributes of an upstream request."""
    parts = urlsplit(url)
    attributes: dict[str, str | int] = {METHOD: method, HOST: parts.hostname or ""}
    if parts.port is not None:
        attributes[PORT] = parts.port
    if service is not None:
        attributes[SERVICE] = service
    template = _fixed_path(parts.path)
    call = current_call()
    if call is not None and call.is_sent_to(url):
        template = call.template
        if call.sent:
            attributes[RESENDS] = call.sent
        if call.fallback is not None:
            attributes[FALLBACK] = call.fallback
        call.sent += 1
    if template is not None:
        attributes[TEMPLATE] = template
    return " ".join(filter(None, (service, method, template))), attributes


def _fixed_path(path: str) -> str | None:
    """The path of a login or of a list of versions, which contains no id; None for others."""
    if path.endswith(_TOKENS):
        return _TOKENS
    versions = _VERSIONS.search(path)
    return (versions[0] or "/") if versions else None


def _note_status(span: Span, status: int, *, failures_from: int) -> None:
    span.set_attribute(STATUS, status)
    if status >= failures_from:
        span.set_attribute(ERROR, str(status))
        span.set_status(Status(StatusCode.ERROR))
