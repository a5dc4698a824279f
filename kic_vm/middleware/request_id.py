# SPDX-License-Identifier: Apache-2.0
"""The request id: the caller's own if it is valid, otherwise a new one."""

import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_context import context as oslo_context

from kic_vm.context import RECORD_KEY, RequestRecord, recording
from kic_vm.middleware.starting import Start

HEADER = "X-Openstack-Request-Id"
_ENVIRON_KEY = "HTTP_X_OPENSTACK_REQUEST_ID"
_VALID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RequestId:
    """Assign an id and a record to the request, and return the id in the response."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        header = environ.get(_ENVIRON_KEY, "")
        request_id = header if _VALID.fullmatch(header) else oslo_context.generate_request_id()
        record = RequestRecord(request_id)
        environ[RECORD_KEY] = record
        start = Start()
        with recording(record):
            answer = self._application(environ, start)
        start.headers.append((HEADER, request_id))
        start.pass_on(start_response)
        return answer
