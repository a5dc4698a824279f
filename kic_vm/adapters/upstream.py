"""Which service is being called: whatever is sent meanwhile is sent for that call."""

import contextlib
import dataclasses
from collections.abc import Iterator
from contextvars import ContextVar


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A call to a service."""

    service: str
    """Its type in the service catalog."""
    fails_at_once: bool = False
    """A request without an answer ends the call, whatever the library in between would try next."""
    is_guarded: bool = True
    """It is limited and refused as callers' calls are; no for the gateway's own questions."""


_call: ContextVar[Call | None] = ContextVar("kic_vm_upstream_call", default=None)


def current_call() -> Call | None:
    """The call that this thread makes; None if nobody has said which."""
    return _call.get()


@contextlib.contextmanager
def calling(
    service: str, *, fails_at_once: bool = False, is_guarded: bool = True
) -> Iterator[None]:
    """Say that what is sent within is sent for a call to a service.

    A login that is a part of a question to Keystone is guarded no more than the question.
    """
    outer = _call.get()
    if outer is not None and outer.service == service and not outer.is_guarded:
        is_guarded = False
    token = _call.set(Call(service, fails_at_once, is_guarded))
    try:
        yield
    finally:
        _call.reset(token)
