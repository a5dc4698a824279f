# SPDX-License-Identifier: Apache-2.0
"""The headers of osprofiler, passed on to the OpenStack services."""

import re
from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from kic_vm.tracing.request_trace import RequestTrace, current_trace, tracing

_HEADERS: Final = {"X-Trace-Info": "HTTP_X_TRACE_INFO", "X-Trace-HMAC": "HTTP_X_TRACE_HMAC"}
# Base64 and hexadecimal digits. The length is limited as in ``tracing``.
_VALID: Final = re.compile(r"[0-9A-Za-z+/=_-]{1,512}")


class ProfilerHeaders:
    """Pass both headers of a request on with each upstream call; one alone has no meaning."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        headers = {name: environ.get(key, "") for name, key in _HEADERS.items()}
        if not all(map(_VALID.fullmatch, headers.values())):
            return self._application(environ, start_response)
        trace = current_trace() or RequestTrace()
        trace.passed_headers = headers
        with tracing(trace):
            return self._application(environ, start_response)
