"""Making several things as one: when a step fails, those before it are taken back."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions

LOG = logging.getLogger(__name__)

Step = Callable[[], Any]


@contextlib.contextmanager
def all_or_nothing() -> Iterator[Callable[[Step], None]]:
    """Within, what is given to the function that this yields is done, last first, on a failure.

    What cannot be taken back is logged, and the rest is.
    """
    steps: list[Step] = []
    try:
        yield steps.append
    except Exception:
        for step in reversed(steps):
            _take_back(step)
        raise


def _take_back(step: Step) -> None:
    try:
        step()
    except exceptions.NotFound:
        return
    except exceptions.KicVmError as error:
        LOG.warning("What belongs to a request that failed stays behind: %s", error)
