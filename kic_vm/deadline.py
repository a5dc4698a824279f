# SPDX-License-Identifier: Apache-2.0
"""Until when the work at hand has to be done; what is called for it inherits this."""

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

NEVER: Final = float("inf")

_end: ContextVar[float] = ContextVar("kic_vm_deadline", default=NEVER)


def seconds_left() -> float:
    """Seconds until the deadline; 0 after it, infinite without one."""
    end = _end.get()
    return NEVER if end == NEVER else max(0.0, end - time.monotonic())


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have the work within end in this time, or earlier where there is an earlier deadline."""
    token = _end.set(min(_end.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _end.reset(token)
