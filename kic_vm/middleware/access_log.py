"""One line a request: what, how it ended, how long it took, and what it cost upstream."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_log import log as logging

from kic_vm.context import RECORD_KEY

LOG = logging.getLogger(__name__)


class AccessLog:
    """Log each request by its route; never its path, query, body or token."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        request = webob.Request(environ)
        response = request.get_response(self._application)
        record = environ[RECORD_KEY]
        LOG.info(
            "method=%s route=%s status=%d time=%.3f upstream_calls=%d upstream_time=%.3f "
            "project=%s request_id=%s",
            request.method,
            record.route or "-",
            response.status_int,
            time.monotonic() - record.started,
            record.upstream_calls,
            record.upstream_seconds,
            record.project_id or "-",
            record.request_id,
        )
        answer: Iterable[bytes] = response(environ, start_response)
        return answer
