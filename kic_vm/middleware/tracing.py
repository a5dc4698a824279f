# SPDX-License-Identifier: Apache-2.0
"""A trace for each request: its span, and what the spans of its upstream calls belong to."""

import threading
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from opentelemetry.trace import Tracer
from oslo_config import cfg

from kic_vm.context import RECORD_KEY
from kic_vm.middleware.starting import Start
from kic_vm.tracing import export, spans
from kic_vm.tracing.request_trace import tracing

# The headers go on to the services. uWSGI, which runs many of them, drops a request without an
# answer if its headers are longer than 4096 bytes together. Such requests of one client must not
# open the circuit of a service for all.
_LONGEST: Final = 512
_HEADERS: Final = {"traceparent": "HTTP_TRACEPARENT", "tracestate": "HTTP_TRACESTATE"}
# They come every few seconds, and nobody looks at their traces.
_UNTRACED: Final = frozenset({"/healthcheck", "/readiness"})


class Tracing:
    """Record a span for each request except health checks.

    The tracer has a thread, so it is created with the first request: a process that only checks
    the configuration, or forks the ones that serve, must not have it.
    """

    def __init__(self, application: WSGIApplication, conf: cfg.ConfigOpts) -> None:
        self._application = application
        self._conf = conf
        self._tracer: Tracer | None = None
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        if environ["PATH_INFO"] in _UNTRACED:
            return self._application(environ, start_response)
        tracer = self._get_tracer()
        headers = {
            name: environ[key]
            for name, key in _HEADERS.items()
            if key in environ and len(environ[key]) <= _LONGEST
        }
        start = Start()
        with (
            spans.serving(
                tracer,
                environ["REQUEST_METHOD"],
                headers,
                is_continued=self._conf.tracing.continue_client_traces,
            ) as span,
            tracing(spans.SpanTrace(tracer)),
        ):
            answer = self._application(environ, start)
            record = environ[RECORD_KEY]
            span.end(
                start.code,
                route=record.route,
                request_id=record.request_id,
                project_id=record.project_id,
            )
        start.pass_on(start_response)
        return answer

    def _get_tracer(self) -> Tracer:
        with self._lock:
            if self._tracer is None:
                self._tracer = export.create_tracer(self._conf)
            return self._tracer
