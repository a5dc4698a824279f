# SPDX-License-Identifier: Apache-2.0
"""Convert the application's responses to bytes."""

import dataclasses
import email.utils
import functools
import http
import json
import logging
import time
from collections.abc import Callable
from typing import Any, Final
from wsgiref.types import WSGIApplication, WSGIEnvironment

from oslo_context import context as oslo_context

from kic_vm import exceptions
from kic_vm.api.errors import envelope
from kic_vm.events.held_answers import ANSWER_KEY, HeldAnswer
from kic_vm.i18n import languages
from kic_vm.middleware.request_id import HEADER

LOG = logging.getLogger(__name__)

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

# Responses with these statuses have neither a body nor a Content-Length.
_BODILESS: Final = frozenset({"204", "304"})


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A response of the application."""

    data: bytes
    """The bytes to send now; for a held answer, only the start of a stream, or nothing."""
    held: HeldAnswer | None = None
    complete: Callable[[bytes], bytes] = bytes
    """Returns the whole response, given the body of the held answer."""


def answer_of(application: WSGIApplication, environ: WSGIEnvironment, *, is_last: bool) -> Answer:
    """The application's response, as bytes for the client.

    The environment is empty then. An error with a traceback can keep it, as a part of a cycle of
    references, until garbage is collected: hundreds of requests with their headers and bodies.

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
        method, held = environ["REQUEST_METHOD"], environ.get(ANSWER_KEY)
        if held is not None:
            return _held(started, held, body, method, is_last=is_last)
        return Answer(_rendered(started, body, method, is_last=is_last))
    except BaseException:  # SystemExit, too: it would end one thread, and not the process
        LOG.exception("The application failed")
        if ANSWER_KEY in environ:
            environ[ANSWER_KEY].close()
        return Answer(refusal(exceptions.InternalError(), is_last=is_last))
    finally:
        environ.clear()


def _held(
    started: "_Started", held: HeldAnswer, begin: bytes, method: str, *, is_last: bool
) -> Answer:
    headers = [header for header in started.headers if header[0].lower() != "content-length"]
    if held.is_stream:  # its end is the end of the connection
        return Answer(_head(started.status, headers, is_last=True) + begin, held)
    started.headers = headers
    return Answer(b"", held, lambda body: _rendered(started, body, method, is_last=is_last))


def refusal(error: exceptions.KicVmError, *, is_last: bool = True) -> bytes:
    """A response in the error envelope to a request that never reached the application."""
    started, request_id = _Started(), oslo_context.generate_request_id()
    started(
        f"{error.status} {http.HTTPStatus(error.status).phrase}",
        [
            ("Content-Type", "application/json"),
            ("Content-Language", languages.ENGLISH),
            (HEADER, request_id),
        ],
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
        """Keep the status and headers until the response is complete."""
        self.status = status
        self.headers = headers
        return self.written.append


def _rendered(started: _Started, body: bytes, method: str, *, is_last: bool) -> bytes:
    headers = started.headers
    if started.status[:3] in _BODILESS:
        body = b""
    elif not any(name.lower() == "content-length" for name, _value in headers):
        headers = [*headers, ("Content-Length", str(len(body)))]
    head = _head(started.status, headers, is_last=is_last)
    return head if method == "HEAD" else head + body


def _head(status: str, headers: list[tuple[str, str]], *, is_last: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Date: {_date(int(time.time()))}",
        "Connection: close" if is_last else "Connection: keep-alive",
        *[f"{name}: {value}" for name, value in headers],
    ]
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1:
        raise ValueError("a header of the answer has several lines")
    return head.encode("latin-1") + b"\r\n\r\n"


@functools.lru_cache(1)
def _date(now: int) -> str:
    return email.utils.formatdate(now, usegmt=True)
