# SPDX-License-Identifier: Apache-2.0
"""Limits on the number of headers and query parameters, independent of the WSGI server."""

from collections.abc import Iterable
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode

PARAMETERS_MAXIMUM: Final = 100
HEADERS_MAXIMUM: Final = 100  # as in exceptions.HeadersTooLarge


class RequestLimits:
    """Refuse a request with too many headers or parameters before anything reads them."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333.

        :raises HeadersTooLarge: there are too many headers
        :raises InvalidRequest: there are too many query parameters
        """
        # Cheap first check: the environment has more entries than headers.
        if len(environ) > HEADERS_MAXIMUM:
            headers = sum(name.startswith("HTTP_") for name in environ)
            if headers > HEADERS_MAXIMUM:
                raise exceptions.HeadersTooLarge
        if environ.get("QUERY_STRING", "").count("&") >= PARAMETERS_MAXIMUM:
            raise exceptions.InvalidRequest(
                f"The query has too many parameters: send at most {PARAMETERS_MAXIMUM}.",
                FieldErrorCode.OUT_OF_RANGE,
            )
        return self._application(environ, start_response)
