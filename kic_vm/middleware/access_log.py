# SPDX-License-Identifier: Apache-2.0
"""The access log: one line and one metric per request, with status, duration and upstream calls."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_log import log as logging

from kic_vm.context import RECORD_KEY
from kic_vm.metrics import gateway as metrics
from kic_vm.middleware.starting import Start

LOG = logging.getLogger(__name__)


class AccessLog:
    """Log each request with its route, never with its path, query, body or token."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        start = Start()
        answer = self._application(environ, start)
        method, status = environ["REQUEST_METHOD"], start.code
        record = environ[RECORD_KEY]
        seconds = time.monotonic() - record.started
        metrics.count_request(method, record.route or "-", status, seconds)
        # By name: a machine-readable formatter keeps the types of the values.
        LOG.info(
            "method=%(method)s route=%(route)s status=%(status)d time=%(time).3f "
            "upstream_calls=%(upstream_calls)d upstream_time=%(upstream_time).3f "
            "project=%(project)s request_id=%(request_id)s",
            {
                "method": method,
                "route": record.route or "-",
                "status": status,
                "time": round(seconds, 3),
                "upstream_calls": record.upstream_calls,
                "upstream_time": round(record.upstream_seconds, 3),
                "project": record.project_id or "-",
                "request_id": record.request_id,
            },
        )
        start.pass_on(start_response)
        return answer
