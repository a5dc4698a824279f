# SPDX-License-Identifier: Apache-2.0
"""The deadline of a request, which every call to OpenStack inherits."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from kic_vm import deadline


class TimeLimit:
    """Have the request end in time.

    :param seconds: how long it may take
    """

    def __init__(self, application: WSGIApplication, seconds: float) -> None:
        self._application = application
        self._seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        with deadline.within(self._seconds):
            return self._application(environ, start_response)
