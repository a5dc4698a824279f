# SPDX-License-Identifier: Apache-2.0
"""oslo.middleware's limit on bodies, for requests that may have one; none may be compressed."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from oslo_config import cfg
from oslo_middleware import sizelimit

from kic_vm import exceptions

_PLAIN: Final = frozenset({"", "identity"})
_BODILESS: Final = frozenset({"GET", "HEAD"})


class BodyLimit:
    """Refuse bodies larger than [oslo_middleware] max_request_body_size.

    For a request without a body, the check would cost more than the routing.
    """

    def __init__(self, application: WSGIApplication, conf: cfg.ConfigOpts) -> None:
        self._application = application
        self._limited = sizelimit.RequestBodySizeLimiter(application, conf)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333.

        :raises UnsupportedMediaType: the body is compressed
        """
        if (
            environ["REQUEST_METHOD"] in _BODILESS
            and not environ.get("CONTENT_LENGTH")
            and "HTTP_TRANSFER_ENCODING" not in environ
        ):
            return self._application(environ, start_response)
        if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in _PLAIN:
            raise exceptions.UnsupportedMediaType(
                "Content-Encoding: send the body uncompressed, and without this header."
            )
        answer: Iterable[bytes] = self._limited(environ, start_response)
        return answer
