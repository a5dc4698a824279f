# SPDX-License-Identifier: Apache-2.0
"""Operations with several steps: when a step fails, the earlier ones are rolled back."""

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
    """Roll back on a failure: yields a function that registers a rollback step.

    On a failure, the registered steps run in reverse order. A step that fails is logged, and the
    others still run. When the outcome of the failed operation is unknown, nothing is rolled back:
    the service may still complete it, and needs what was created before.
    """
    steps: list[Step] = []
    try:
        yield steps.append
    except Exception as error:
        if not getattr(error, "is_outcome_unknown", False):
            _roll_back(steps)
        raise


def _roll_back(steps: list[Step]) -> None:
    is_complete = True
    for step in reversed(steps):
        try:
            step()
        except exceptions.NotFound:
            continue
        except Exception as error:  # noqa: BLE001 - the caller needs the first failure
            is_complete = False
            LOG.warning("Could not roll back a step of a failed request: %s", error)
    record = current_record()
    if record is not None:
        record.note_rollback(is_complete=is_complete)
