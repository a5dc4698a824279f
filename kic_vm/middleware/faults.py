"""Any error from below -> the one error envelope."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
import webob.exc
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.api import errors
from kic_vm.context import RECORD_KEY

LOG = logging.getLogger(__name__)

# Answers of the libraries between here and the application, by status: oslo.middleware's size
# limit and keystonemiddleware, which says 503 when Keystone cannot be reached.
_PLAIN: Final[dict[int, exceptions.KicVmError]] = {
    401: exceptions.Unauthorized(),
    413: exceptions.RequestTooLarge(),
    503: exceptions.UpstreamUnavailable("identity"),
}
_KEPT: Final = ("WWW-Authenticate", "Allow", "Vary")


class Faults:
    """Catch what is raised below, and rewrite errors that are not in the envelope."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        request = webob.Request(environ)
        try:
            response = request.get_response(self._application)
        except Exception as error:  # noqa: BLE001 - the last place to catch one
            response = self._answer(environ, errors.from_any(error))
        else:
            if response.status_int >= 400 and not environ.get(errors.RENDERED):
                response = self._rewritten(environ, response)
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _rewritten(self, environ: WSGIEnvironment, plain: webob.Response) -> webob.Response:
        error = _PLAIN.get(plain.status_int)
        if error is None:
            LOG.error("An answer of status %d came without an error", plain.status_int)
            error = exceptions.InternalError()
        response = self._answer(environ, error)
        for header in _KEPT:
            if header in plain.headers:
                response.headers[header] = plain.headers[header]
        return response

    @staticmethod
    def _answer(environ: WSGIEnvironment, error: exceptions.KicVmError) -> webob.Response:
        response = webob.Response(
            status=error.status,
            json_body=errors.envelope(error, environ[RECORD_KEY].request_id),
        )
        response.headers.update(errors.headers(error))
        return response
