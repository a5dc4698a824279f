"""What a check has found."""

import enum
import functools
from collections.abc import Callable
from typing import NamedTuple

from kic_vm import exceptions
from kic_vm.operations.request import RequestServices


class Level(enum.Enum):
    """How bad it is."""

    SUCCESS = "success"
    WARNING = "warning"
    """The gateway works, but something of it does not."""
    FAILURE = "failure"
    """The gateway does not work."""


class Finding(NamedTuple):
    """The answer of a check."""

    level: Level
    sentence: str


Check = Callable[[RequestServices], Finding]


def success(sentence: str) -> Finding:
    """There is nothing to do."""
    return Finding(Level.SUCCESS, sentence)


def warning(sentence: str) -> Finding:
    """There is something to do, for what the sentence says."""
    return Finding(Level.WARNING, sentence)


def failure(sentence: str) -> Finding:
    """There is something to do, before anything works."""
    return Finding(Level.FAILURE, sentence)


def failure_if_unreachable(check: Check) -> Check:
    """The check, where a service that cannot be asked is a failure."""

    @functools.wraps(check)
    def safe(gateway: RequestServices) -> Finding:
        try:
            return check(gateway)
        except exceptions.Unauthorized:
            return failure(
                "This cannot be found out: the service does not take the gateway's own token. See "
                "the check of its roles."
            )
        except exceptions.KicVmError as error:
            return failure(f"This cannot be found out: {error}")

    return safe
