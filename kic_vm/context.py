"""The context of a request: the caller, the project, the token and the request id."""

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

# Keys of the WSGI environment by which the layers of the pipeline pass values on.
RECORD_KEY = "kic_vm.record"
ENVIRON_KEY = "kic_vm.context"
DECISION_KEY = "kic_vm.decision"
# The response without its secrets, for retries; only set for responses with ``no-store``.
REPLAY_KEY = "kic_vm.replay"


@dataclasses.dataclass(slots=True)
class RequestRecord:
    """The record of one request, for its line in the access log."""

    request_id: str
    started: float = dataclasses.field(default_factory=time.monotonic)
    route: str | None = None
    shown_by: str | None = None
    """The operation that shows the result of this one, such as ``GET /api/v1/volumes``."""
    project_id: str | None = None
    upstream_calls: int = 0
    upstream_seconds: float = 0.0
    has_write: bool = False
    """Whether a service has completed a write, or may have completed it."""
    has_unknown_write: bool = False
    """Whether the outcome of a write is unknown."""
    answers: list[Any] = dataclasses.field(default_factory=list, repr=False)
    """The services' answers; see adapters.misread_answers."""
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock, repr=False)

    def add_upstream_call(self, seconds: float) -> None:
        """Count a call; several threads may finish calls of one request at the same time."""
        with self._lock:
            self.upstream_calls += 1
            self.upstream_seconds += seconds

    def note_write(self, *, is_outcome_unknown: bool) -> None:
        """Note a write that a service did not refuse."""
        with self._lock:
            self.has_write = True
            self.has_unknown_write |= is_outcome_unknown

    def note_rollback(self) -> None:
        """Note that all writes so far were rolled back."""
        with self._lock:
            self.has_write = self.has_unknown_write


_record: ContextVar[RequestRecord | None] = ContextVar("kic_vm_request_record", default=None)


def current_record() -> RequestRecord | None:
    """The record of the request that this thread serves; None outside of requests."""
    return _record.get()


@contextlib.contextmanager
def recording(record: RequestRecord) -> Iterator[RequestRecord]:
    """Set the record of this thread, and of the work that it passes on to other threads."""
    token = _record.set(record)
    try:
        yield record
    finally:
        _record.reset(token)


class RequestContext(oslo_context.RequestContext):
    """oslo.context's identity of the caller, with the caller's token for calls to OpenStack.

    ``auth`` is the caller's token as a keystoneauth plugin, None for a public operation.
    ``is_restricted`` says that the token has access rules, which were checked only for this
    request. ``is_multiprocess`` says that other processes of the same server serve requests, too.
    ``idempotent_request`` is set for a request with an Idempotency-Key. ``upstream_headers`` are
    the headers with the tokens for calls to OpenStack, together with their plugin.
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
