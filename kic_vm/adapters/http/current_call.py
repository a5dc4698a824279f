# SPDX-License-Identifier: Apache-2.0
"""The current call to a service. All requests within it belong to the call."""

import contextlib
import dataclasses
from collections.abc import Iterator
from contextvars import ContextVar


@dataclasses.dataclass(frozen=True, slots=True)
class Call:
    """A call to a service."""

    service: str
    """The service's type in the service catalog."""
    fails_at_once: bool = False
    """A request without an answer ends the call; the client library may not try again."""
    is_guarded: bool = True
    """The service's guard applies; it does not apply to the gateway's own probes."""


_call: ContextVar[Call | None] = ContextVar("kic_vm_upstream_call", default=None)


def current_call() -> Call | None:
    """The current call of this thread; None outside of calls."""
    return _call.get()


@contextlib.contextmanager
def calling(
    service: str, *, fails_at_once: bool = False, is_guarded: bool = True
) -> Iterator[None]:
    """Assign all requests within the block to a call to a service.

    A login during a probe of Keystone is not guarded either.
    """
    outer = _call.get()
    if outer is not None and outer.service == service and not outer.is_guarded:
        is_guarded = False
    token = _call.set(Call(service, fails_at_once, is_guarded))
    try:
        yield
    finally:
        _call.reset(token)
