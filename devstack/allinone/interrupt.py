# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: end at the next safe point instead of in the middle of something."""

import signal
import sys
import threading
from types import FrameType

from .errors import InterruptedByUserError

_requested = threading.Event()


def install_handlers(answer: str) -> None:
    """Turn SIGINT, SIGTERM and SIGHUP into a request that the running steps look at."""

    def request(_signal: int, _frame: FrameType | None) -> None:
        if not _requested.is_set():
            print(f"\n{answer}", file=sys.stderr, flush=True)
        _requested.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request)


def requested() -> bool:
    """Whether the user, or a failed step, wants the others to end."""
    return _requested.is_set()


def cancel() -> None:
    """Ask the other steps to end, because one has failed."""
    _requested.set()


def check() -> None:
    """Raise InterruptedByUserError if the end was requested."""
    if _requested.is_set():
        raise InterruptedByUserError


def sleep(seconds: float) -> None:
    """Sleep, but wake up and raise InterruptedByUserError when the end is requested."""
    if _requested.wait(seconds):
        raise InterruptedByUserError
