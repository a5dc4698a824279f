# SPDX-License-Identifier: Apache-2.0
"""Limits on headers and on the number of query parameters, independent of the WSGI server.

The libraries that parse headers need a time that grows with the square of the length of some
values. So the length is limited, and repeated headers, which WSGI joins, count as one.
"""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode

PARAMETERS_MAXIMUM: Final = 100
# As in exceptions.HeadersTooLarge.
HEADERS_MAXIMUM: Final = 100
HEADER_MAXIMUM: Final = 8192


class RequestLimits:
    """Refuse a request with too many or too long headers, or with too many parameters."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333.

        :raises HeadersTooLarge: there are too many headers, or one is too long
        :raises InvalidRequest: there are too many query parameters
        """
        # Its variables end with it. Those of this function can stay until garbage is collected, as
        # a part of the traceback of a later error.
        _check(environ)
        return self._application(environ, start_response)


def _check(environ: WSGIEnvironment) -> None:
    headers = [value for name, value in environ.items() if name.startswith("HTTP_")]
    if len(headers) > HEADERS_MAXIMUM or max(map(len, headers), default=0) > HEADER_MAXIMUM:
        raise exceptions.HeadersTooLarge
    if environ.get("QUERY_STRING", "").count("&") >= PARAMETERS_MAXIMUM:
        raise exceptions.InvalidRequest(
            f"The query has too many parameters: send at most {PARAMETERS_MAXIMUM}.",
            FieldErrorCode.OUT_OF_RANGE,
        )
