"""Convert the application's responses to bytes."""

import email.utils
import functools
import http
import json
import logging
import time
from typing import Any, Final
from wsgiref.types import WSGIApplication, WSGIEnvironment

from oslo_context import context as oslo_context

from kic_vm import exceptions
from kic_vm.api.errors import envelope
from kic_vm.middleware.request_id import HEADER

LOG = logging.getLogger(__name__)

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

# Responses with these statuses have neither a body nor a Content-Length.
_BODILESS: Final = frozenset({"204", "304"})


def answer_of(application: WSGIApplication, environ: WSGIEnvironment, *, is_last: bool) -> bytes:
    """The application's response, as bytes for the client.

    :param is_last: the connection closes after the response, and the response announces that
    """
    started = _Started()
    try:
        parts = application(environ, started)
        try:
            body = b"".join([*started.written, *parts])
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        return _rendered(started, body, environ["REQUEST_METHOD"], is_last=is_last)
    except Exception:
        LOG.exception("The application failed")
        return refusal(exceptions.InternalError(), is_last=is_last)


def refusal(error: exceptions.KicVmError, *, is_last: bool = True) -> bytes:
    """A response in the error envelope to a request that never reached the application."""
    started, request_id = _Started(), oslo_context.generate_request_id()
    started(
        f"{error.status} {http.HTTPStatus(error.status).phrase}",
        [("Content-Type", "application/json"), (HEADER, request_id)],
    )
    body = json.dumps(envelope(error, request_id)).encode()
    return _rendered(started, body, "GET", is_last=is_last)


class _Started:
    """A ``start_response``; see PEP 3333."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Note the status and headers; nothing is sent until the response is complete."""
        self.status = status
        self.headers = headers
        return self.written.append


def _rendered(started: _Started, body: bytes, method: str, *, is_last: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {started.status}",
        f"Date: {_date(int(time.time()))}",
        "Connection: close" if is_last else "Connection: keep-alive",
        *[f"{name}: {value}" for name, value in started.headers],
    ]
    if started.status[:3] in _BODILESS:
        body = b""
    elif not any(name.lower() == "content-length" for name, _value in started.headers):
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1:
        raise ValueError("a header of the answer has several lines")
    head_bytes = head.encode("latin-1") + b"\r\n\r\n"
    return head_bytes if method == "HEAD" else head_bytes + body


@functools.lru_cache(1)
def _date(now: int) -> str:
    return email.utils.formatdate(now, usegmt=True)
