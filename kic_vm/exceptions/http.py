# SPDX-License-Identifier: Apache-2.0
"""Errors of a request as HTTP: its size, its headers, its arrival."""

from kic_vm.exceptions.base import KicVmError


class RequestTooLarge(KicVmError):
    """The body is longer than the gateway accepts."""

    status = 413
    code = "request_too_large"
    sentence = "The request body is too large."


class MalformedRequest(KicVmError):
    """The data from the client is not an HTTP request."""

    status = 400
    code = "malformed_request"
    sentence = "This is not a valid HTTP request."


class RequestTimeout(KicVmError):
    """The request did not arrive in time."""

    status = 408
    code = "request_timeout"
    sentence = "The request did not arrive in time: send it again, as a whole and without pauses."


class AddressTooLong(KicVmError):
    """The path with its query is longer than the gateway accepts."""

    status = 414
    code = "address_too_long"
    sentence = "The path and query are too long: send at most 8 KB, including the method."


class TooManyRequests(KicVmError):
    """The client has exceeded a rate limit of the gateway.

    :param retry_after: seconds after which a retry makes sense
    """

    status = 429
    code = "too_many_requests"
    sentence = "Too many requests: try again after the time in the Retry-After header."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = retry_after


class HeadersTooLarge(KicVmError):
    """There are too many headers, or one is too long."""

    status = 431
    code = "headers_too_large"
    sentence = "The headers are too large: send at most 100 headers of 8 KB each."


class UnsupportedMediaType(KicVmError):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"
    sentence = "The request body must be JSON: send Content-Type: application/json."
