# SPDX-License-Identifier: Apache-2.0
"""The trace of the request that this thread serves, if it has one.

It is in a context variable, so it follows the request to the greenlets of ``interleaved`` and to
the threads of ``parallel``.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class SentRequest:
    """One HTTP request to a service, while it is in progress.

    :param headers: the headers to send in addition
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers

    def note_status(self, status: int) -> None:
        """Note the status of the response."""


class RequestTrace:
    """The trace of one request; this class records nothing and only passes headers on.

    :param passed_headers: headers of the client that each upstream request gets, too
    """

    def __init__(self, passed_headers: Mapping[str, str] = _NO_HEADERS) -> None:
        self.passed_headers = passed_headers

    def waiting(self, name: str, service: str | None) -> AbstractContextManager[None]:
        """Record the block as a wait; see ``waiting``."""
        return contextlib.nullcontext()

    def sending(
        self, method: str, url: str, service: str | None
    ) -> AbstractContextManager[SentRequest]:
        """Record the block as one HTTP request to a service.

        :param service: the service's type in the service catalog, if it is known
        """
        return contextlib.nullcontext(SentRequest(self.passed_headers))


@dataclasses.dataclass(slots=True)
class UpstreamCall:
    """A call to a service; it can need several HTTP requests."""

    path: str
    """The path below the service's versioned endpoint, without the query."""
    template: str
    """The path with ``{id}`` for each id or name."""
    sent: int = 0
    """Number of times that the request was sent, without logins and the like."""
    fallback: str | None = None
    """Why keystoneauth sends the request: see ``direct_reads``."""

    def is_sent_to(self, url: str) -> bool:
        """Whether a request to an address is this call, and not a login or a redirect."""
        return url.partition("?")[0].endswith(self.path)


_trace: ContextVar[RequestTrace | None] = ContextVar("kic_vm_trace", default=None)
_call: ContextVar[UpstreamCall | None] = ContextVar("kic_vm_traced_call", default=None)
_NOTHING: Final = contextlib.nullcontext()


def current_trace() -> RequestTrace | None:
    """The trace of the request that this thread serves; None if it has none."""
    return _trace.get()


def current_call() -> UpstreamCall | None:
    """The call to a service that is in progress; None outside of calls and without a trace."""
    return _call.get()


@contextlib.contextmanager
def tracing(trace: RequestTrace | None) -> Iterator[None]:
    """Make ``trace`` current in this thread, and in threads and greenlets that it starts.

    :param trace: None records nothing
    """
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


def calling(path: str, template: Callable[[str], str]) -> AbstractContextManager[None]:
    """Assign the HTTP requests within the block to one call of an operation.

    :param path: the path below the service's versioned endpoint
    :param template: returns the path with ``{id}`` for each id or name
    """
    return _NOTHING if _trace.get() is None else _calling(path, template)


@contextlib.contextmanager
def _calling(path: str, template: Callable[[str], str]) -> Iterator[None]:
    token = _call.set(UpstreamCall(path.partition("?")[0], template(path)))
    try:
        yield
    finally:
        _call.reset(token)


def note_fallback(reason: str) -> None:
    """Note that keystoneauth sends the current call, and why."""
    call = _call.get()
    if call is not None:
        call.fallback = reason


def waiting(name: str, service: str | None = None) -> AbstractContextManager[None]:
    """Record the block as a wait of the request, if it has a trace.

    :param service: the type of the service that the request waits for
    """
    trace = _trace.get()
    return _NOTHING if trace is None else trace.waiting(name, service)
