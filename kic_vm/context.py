"""Who asks, in which project, with which token, under which request id."""

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

# Where the parts of the pipeline leave things for each other in the WSGI environment.
RECORD_KEY = "kic_vm.record"
ENVIRON_KEY = "kic_vm.context"
DECISION_KEY = "kic_vm.decision"
# The answer without its secrets, for retries of the request; there with ``no-store`` only.
REPLAY_KEY = "kic_vm.replay"


@dataclasses.dataclass(slots=True)
class RequestRecord:
    """What one request has done so far, for its line in the access log."""

    request_id: str
    started: float = dataclasses.field(default_factory=time.monotonic)
    route: str | None = None
    shown_by: str | None = None
    """The operation that shows what this one changes, such as ``GET /api/v1/volumes``."""
    project_id: str | None = None
    upstream_calls: int = 0
    upstream_seconds: float = 0.0
    has_write: bool = False
    """A service has done what a write asked it for, or may have done it."""
    has_unknown_write: bool = False
    """A service was asked to write, and how that ended is not known."""
    answers: list[Any] = dataclasses.field(default_factory=list, repr=False)
    """What services have answered: see adapters.misread_answers."""
    places: dict[str, int] = dataclasses.field(default_factory=dict, repr=False)
    """Calls under way by service: see adapters.bulkhead."""
    places_lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def add_upstream_call(self, seconds: float) -> None:
        """Count a call; calls of one request end side by side, in several threads."""
        with self._lock:
            self.upstream_calls += 1
            self.upstream_seconds += seconds

    def note_write(self, *, is_outcome_unknown: bool) -> None:
        """Note a write that a service was asked for and did not refuse."""
        with self._lock:
            self.has_write = True
            self.has_unknown_write |= is_outcome_unknown

    def note_rollback(self) -> None:
        """Note that everything was undone that was written so far."""
        with self._lock:
            self.has_write = self.has_unknown_write


_record: ContextVar[RequestRecord | None] = ContextVar("kic_vm_request_record", default=None)


def current_record() -> RequestRecord | None:
    """The record of the request that this thread serves; None outside of requests."""
    return _record.get()


@contextlib.contextmanager
def recording(record: RequestRecord) -> Iterator[RequestRecord]:
    """Make ``record`` the one of this thread, and of work it hands to other threads."""
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)


class RequestContext(oslo_context.RequestContext):
    """oslo.context's identity of the caller, with the means to act as the caller.

    ``auth`` is the caller's token as a keystoneauth plugin, None for a public operation.
    ``is_restricted`` says that the token is good for this very request only, as far as its
    access rules were looked at. ``is_multiprocess`` says that other processes of the same server
    serve requests, too. ``idempotent_request`` is there where the caller wants the
    request to be done once. ``upstream_headers`` are those of the tokens, for calls to OpenStack
    with the plugin that is beside them.
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

    def __repr__(self) -> str:
        """The request without the token."""
        return f"<RequestContext {self.request_id} project={self.project_id}>"
