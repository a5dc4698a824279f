# SPDX-License-Identifier: Apache-2.0
"""The request context: the caller, the project, the token and the request id."""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from keystoneauth1.plugin import BaseAuthPlugin
from oslo_context import context as oslo_context

from kic_vm.idempotent_request import IdempotentRequest
from kic_vm.read_log import ReadLog

# Keys in the WSGI environment that the parts of the pipeline share.
RECORD_KEY = "kic_vm.record"
ENVIRON_KEY = "kic_vm.context"
DECISION_KEY = "kic_vm.decision"
# The command in the body of a request to /actions, for the audit trail.
COMMAND_KEY = "kic_vm.command"
# The response without its secrets, for retries; only set for ``no-store`` responses.
REPLAY_KEY = "kic_vm.replay"


@dataclasses.dataclass(slots=True)
class Place:
    """The place of a request in the bulkhead of a service, which its calls share."""

    calls: int = 0
    """Calls in progress; without any, the request has no place."""
    refusals: int = 0
    """How often a call got no place; the calls that waited with it get none either."""
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)


@dataclasses.dataclass(slots=True)
class RequestRecord:
    """What one request has done so far, for the access log."""

    request_id: str
    started: float = dataclasses.field(default_factory=time.monotonic)
    route: str | None = None
    shown_by: str | None = None
    """The operation that reads the changed resource, such as ``GET /api/v1/volumes``."""
    project_id: str | None = None
    upstream_calls: int = 0
    upstream_seconds: float = 0.0
    has_write: bool = False
    """A service has performed a write, or may have performed one."""
    has_unknown_write: bool = False
    """The outcome of a write is unknown, or a failed request has left a write behind."""
    answers: list[Any] = dataclasses.field(default_factory=list, repr=False)
    """The answers of services: see adapters.misread_answers."""
    places: dict[str, Place] = dataclasses.field(default_factory=dict, repr=False)
    """By service: see adapters.http.bulkhead."""
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def add_upstream_call(self, seconds: float) -> None:
        """Count a call; several threads may count calls of one request at the same time."""
        with self._lock:
            self.upstream_calls += 1
            self.upstream_seconds += seconds

    def note_write(self, *, is_outcome_unknown: bool) -> None:
        """Note a write that was sent to a service and not refused."""
        with self._lock:
            self.has_write = True
            self.has_unknown_write |= is_outcome_unknown

    def note_rollback(self, *, had_write: bool) -> None:
        """Note that all writes since an earlier moment were rolled back.

        :param had_write: ``has_write`` at that moment
        """
        with self._lock:
            self.has_write = had_write or self.has_unknown_write

    def note_remains(self) -> None:
        """Note that a failed request has left, or may have left, a write behind."""
        with self._lock:
            self.has_write = self.has_unknown_write = True

    def is_outcome_unknown(self, status: int) -> bool:
        """Whether a request that failed with this status may have been performed, even in part."""
        return self.has_unknown_write or (status >= 500 and self.has_write)


_record: ContextVar[RequestRecord | None] = ContextVar("kic_vm_request_record", default=None)


def current_record() -> RequestRecord | None:
    """The record of the request that this thread serves; None outside of requests."""
    return _record.get()


@contextlib.contextmanager
def recording(record: RequestRecord) -> Iterator[RequestRecord]:
    """Make ``record`` current in this thread, and in threads that it hands work to.

    At the end, the thread forgets the request's context: its log lines no longer name the caller.
    """
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)
        # oslo.context has no public way.
        oslo_context._request_store.context = None  # noqa: SLF001


class RequestContext(oslo_context.RequestContext):
    """oslo.context's identity of the caller, with the credentials to act as the caller.

    ``auth`` is the caller's token as a keystoneauth plugin, None for a public operation.
    ``is_restricted`` means that the token has access rules, and that they were checked for this
    request only. ``is_multiprocess`` means that the server has other processes that serve
    requests. ``idempotent_request`` is set when the request must be performed only once.
    ``upstream_headers`` are the token headers for calls to OpenStack, with the plugin that they
    belong to. ``max_age`` is the age in seconds that the client accepts; 0 for a fresh response.
    ``age`` is the age of the response, None if it was not built from a recent list.
    ``page`` is the cache.stored_lists.Page in the response, for the query string of the request.
    ``read_log`` notes the GETs while a recent list is fetched.
    """

    def __init__(
        self,
        *,
        auth: BaseAuthPlugin | None = None,
        is_restricted: bool = False,
        is_multiprocess: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.auth = auth
        self.is_restricted = is_restricted
        self.is_multiprocess = is_multiprocess
        self.idempotent_request: IdempotentRequest | None = None
        self.upstream_headers: tuple[BaseAuthPlugin, dict[str, str]] | None = None
        self.max_age = 0
        self.age: float | None = None
        self.query_string = ""
        self.page: Any = None
        self.read_log: ReadLog | None = None

    def __repr__(self) -> str:
        """The request without the token."""
        return f"<RequestContext {self.request_id} project={self.project_id}>"
