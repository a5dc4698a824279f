"""A line for each request, and a count: what, how it ended, how long it took, what it cost."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_log import log as logging

from kic_vm.context import RECORD_KEY
from kic_vm.metrics import gateway as metrics
from kic_vm.middleware.starting import Start

LOG = logging.getLogger(__name__)


class AccessLog:
    """Log each request by its route; never its path, query, body or token."""

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
        # By name: a formatter for machines writes them as the numbers and words that they are.
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
