"""Every request has an id: the caller's own where it is valid, else a new one."""

import re
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_context import context as oslo_context

from kic_vm.context import RECORD_KEY, RequestRecord, recording

HEADER = "X-Openstack-Request-Id"
_VALID = re.compile(r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class RequestId:
    """Give the request its id and record, and the answer the id."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        request = webob.Request(environ)
        given = request.headers.get(HEADER, "")
        request_id = given if _VALID.fullmatch(given) else oslo_context.generate_request_id()
        record = RequestRecord(request_id)
        environ[RECORD_KEY] = record
        with recording(record):
            response = request.get_response(self._application)
        response.headers[HEADER] = request_id
        answer: Iterable[bytes] = response(environ, start_response)
        return answer
