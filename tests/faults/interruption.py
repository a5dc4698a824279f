# SPDX-License-Identifier: Apache-2.0
"""The end of an interrupted command: it removes what it has made, without being disturbed."""

import signal
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def raise_once() -> None:
    """Let the first SIGINT or SIGTERM raise KeyboardInterrupt, and ignore all others.

    After Ctrl-C, a command that tox runs gets two: from the terminal and from tox.
    """
    for number in _SIGNALS:
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
