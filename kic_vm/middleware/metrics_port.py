# SPDX-License-Identifier: Apache-2.0
"""``GET /metrics`` on its own port: it is not an operation of the API, so it has no policy rule."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob

from kic_vm.metrics import registry

PATH: Final = "/metrics"


class MetricsPort:
    """Answer the requests on the port of [metrics], which does not serve the gateway's API.

    The server decides the port by its socket; a client cannot forge it.
    """

    def __init__(self, application: WSGIApplication, port: int) -> None:
        self._application = application
        self._port = str(port)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        if environ["SERVER_PORT"] != self._port:
            return self._application(environ, start_response)
        answer: Iterable[bytes] = _answer(webob.Request(environ))(environ, start_response)
        return answer


def _answer(request: webob.Request) -> webob.Response:
    if request.path_info != PATH:
        return webob.Response(status=404, text=f"This port serves only {PATH}.\n")
    if request.method not in {"GET", "HEAD"}:
        return webob.Response(status=405, headers={"Allow": "GET, HEAD"})
    response = webob.Response(body=registry.exposition())
    response.headers["Content-Type"] = registry.CONTENT_TYPE
    return response
