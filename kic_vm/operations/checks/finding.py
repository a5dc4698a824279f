# SPDX-License-Identifier: Apache-2.0
"""The result of a check."""

import enum
import functools
from collections.abc import Callable
from typing import NamedTuple

from kic_vm import exceptions
from kic_vm.operations.request import RequestServices


class Level(enum.Enum):
    """The severity of a finding."""

    SUCCESS = "success"
    WARNING = "warning"
    """The gateway works, but a part of it does not."""
    FAILURE = "failure"
    """The gateway does not work."""


class Finding(NamedTuple):
    """The result of a check, with a sentence for the operator."""

    level: Level
    sentence: str


Check = Callable[[RequestServices], Finding]


def success(sentence: str) -> Finding:
    """The operator has nothing to do."""
    return Finding(Level.SUCCESS, sentence)


def warning(sentence: str) -> Finding:
    """The operator has something to do for the feature that the sentence names."""
    return Finding(Level.WARNING, sentence)


def failure(sentence: str) -> Finding:
    """The operator has something to do before the gateway works."""
    return Finding(Level.FAILURE, sentence)


def failure_if_unreachable(check: Check) -> Check:
    """Wrap a check: a service that does not answer is a failure."""

    @functools.wraps(check)
    def safe(gateway: RequestServices) -> Finding:
        try:
            return check(gateway)
        except exceptions.Unauthorized:
            return failure(
                "Skipped: the gateway's user could not authenticate. See the check of its roles."
            )
        except exceptions.KicVmError as error:
            return failure(f"Skipped: {error}")

    return safe
