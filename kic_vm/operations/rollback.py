"""Making several things as one: when a step fails, those before it are taken back."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.context import current_record

LOG = logging.getLogger(__name__)

Step = Callable[[], Any]


@contextlib.contextmanager
def all_or_nothing() -> Iterator[Callable[[Step], None]]:
    """Within, what is given to the function that this yields is done, last first, on a failure.

    What cannot be taken back is logged, and the rest is. Where the outcome of the failed step is
    unknown, everything stays: the service may still act, and would need what was made before.
    """
    steps: list[Step] = []
    try:
        yield steps.append
    except Exception as error:
        if not getattr(error, "is_outcome_unknown", False):
            _take_back(steps)
        raise


def _take_back(steps: list[Step]) -> None:
    is_complete = True
    for step in reversed(steps):
        try:
            step()
        except exceptions.NotFound:
            continue
        except exceptions.KicVmError as error:
            is_complete = False
            LOG.warning("What belongs to a request that failed stays behind: %s", error)
    record = current_record()
    if record is not None and is_complete:
        record.note_rollback()
