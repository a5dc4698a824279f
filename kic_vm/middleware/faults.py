# SPDX-License-Identifier: Apache-2.0
"""Errors of the inner layers -> the error envelope."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.api import errors
from kic_vm.middleware.starting import Start

LOG = logging.getLogger(__name__)

# Error responses of libraries between this layer and the application, by status: oslo.middleware's
# size limit, and keystonemiddleware, which returns 503 when Keystone is unreachable.
_PLAIN: Final[dict[int, exceptions.KicVmError]] = {
    401: exceptions.Unauthorized(),
    413: exceptions.RequestTooLarge(),
    503: exceptions.UpstreamUnavailable("identity"),
}
_KEPT: Final = frozenset({"www-authenticate", "allow", "vary"})


class Faults:
    """Catch the exceptions of the inner layers, and rewrite errors that are not in the envelope."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        start = Start()
        try:
            plain = self._application(environ, start)
        except Exception as error:  # noqa: BLE001 - the last place to catch one
            response = self._answer(environ, errors.from_any(error))
        else:
            if start.code < 400 or environ.get(errors.RENDERED):
                start.pass_on(start_response)
                return plain
            response = self._rewritten(environ, start)
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _rewritten(self, environ: WSGIEnvironment, plain: Start) -> webob.Response:
        error = _PLAIN.get(plain.code)
        if error is None:
            LOG.error("A response with status %d has no error envelope", plain.code)
            error = exceptions.InternalError()
        kept = {name.lower(): value for name, value in plain.headers if name.lower() in _KEPT}
        response = self._answer(environ, error, vary=kept.pop("vary", ""))
        response.headers.update(kept)
        return response

    @staticmethod
    def _answer(
        environ: WSGIEnvironment, error: exceptions.KicVmError, vary: str = ""
    ) -> webob.Response:
        response = webob.Response(
            status=error.status,
            json_body=errors.envelope_of(error, environ),
        )
        response.headers.update(errors.headers(error, environ, vary))
        return response
