"""``GET /metrics``, on a port of its own: no operation of a tenant's, so no rule guards it."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob

from kic_vm.metrics import registry

PATH: Final = "/metrics"


class MetricsPort:
    """Answer what comes in at the port of [metrics]; the gateway's API is not there.

    The server tells at which of its sockets a request came in, not the client.
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
        return webob.Response(status=404, text=f"There is {PATH} only.\n")
    if request.method not in {"GET", "HEAD"}:
        return webob.Response(status=405, headers={"Allow": "GET, HEAD"})
    response = webob.Response(body=registry.exposition())
    response.headers["Content-Type"] = registry.CONTENT_TYPE
    return response
