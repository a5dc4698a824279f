# SPDX-License-Identifier: Apache-2.0
"""The start of a WSGI response, for middleware that reads or changes it."""

from typing import Any
from wsgiref.types import StartResponse

Headers = list[tuple[str, str]]


class Start:
    """A ``start_response`` that stores its arguments; see PEP 3333."""

    status: str = ""
    headers: Headers
    _exc_info: Any = None

    def __call__(self, status: str, headers: Headers, exc_info: Any = None, /) -> Any:
        """Store the start of the response. PEP 3333's ``write`` is not supported."""
        self.status = status
        self.headers = headers
        self._exc_info = exc_info
        return _no_write

    @property
    def code(self) -> int:
        """The status as a number."""
        return int(self.status[:3])

    def pass_on(self, start_response: StartResponse) -> None:
        """Start the same response towards the server."""
        if self._exc_info:
            start_response(self.status, self.headers, self._exc_info)
        else:
            start_response(self.status, self.headers)


def _no_write(_data: bytes) -> object:
    raise NotImplementedError("write() is not supported: return the body")
