# SPDX-License-Identifier: Apache-2.0
"""The body of an answer, read up to a size limit."""

import io
from typing import Final

import requests
import urllib3.exceptions
from requests import exceptions as requests_exceptions

_PART: Final = 64 * 1024
# Exceptions of urllib3 -> exceptions of requests.
_FAILURES: Final[dict[type[Exception], type[requests.RequestException]]] = {
    urllib3.exceptions.ReadTimeoutError: requests.ReadTimeout,
    urllib3.exceptions.DecodeError: requests_exceptions.ContentDecodingError,
    urllib3.exceptions.ProtocolError: requests_exceptions.ChunkedEncodingError,
    urllib3.exceptions.SSLError: requests_exceptions.SSLError,
}


class BodyTooLarge(requests.RequestException):
    """The body of an answer is larger than the gateway accepts."""

    def __init__(self, max_size: int, request: requests.PreparedRequest) -> None:
        super().__init__(f"the body has more than {max_size} bytes", request=request)


def read(response: requests.Response, max_size: int) -> None:
    """Read the body of a streamed answer; the connection is free afterwards.

    :param max_size: maximum size of the decoded body in bytes
    :raises BodyTooLarge: the body is larger
    :raises requests.RequestException: the body is not complete
    """
    body = bytearray()
    try:
        for part in response.raw.stream(_PART, decode_content=True):
            body += part
            if len(body) > max_size:
                response.close()
                raise BodyTooLarge(max_size, response.request)
    except tuple(_FAILURES) as error:
        failure = next(ours for theirs, ours in _FAILURES.items() if isinstance(error, theirs))
        raise failure(error, request=response.request) from error
    response.raw = io.BytesIO(body)
