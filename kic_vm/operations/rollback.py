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
Undo = Callable[[Step], None]


@contextlib.contextmanager
def all_or_nothing() -> Iterator[Undo]:
    """Roll back on a failure: yields a function that registers a rollback step.

    On a refusal, the registered steps run in reverse order. A step that fails is logged, and the
    others still run. When the outcome of the failed operation is unknown, nothing is rolled back:
    the service may still complete it, and needs what was created before. The same applies to an
    unexpected exception: it can come from the answer to a write, whose resource then has no id.
    """
    steps: list[Step] = []
    record = current_record()
    had_write = record is not None and record.has_write
    try:
        yield steps.append
    except Exception as error:
        if exceptions.is_refusal(error):
            if not _roll_back(steps):
                note_remains()
            elif record is not None:
                record.note_rollback(had_write=had_write)
        raise


def note_remains() -> None:
    """Note that the failed request may have left something behind, whatever its error says."""
    record = current_record()
    if record is not None:
        record.note_remains()


@contextlib.contextmanager
def remains_noted() -> Iterator[None]:
    """Note on a failure that the writes so far remain: they are not rolled back."""
    record = current_record()
    try:
        yield
    except Exception:
        if record is not None and record.has_write:
            record.note_remains()
        raise


def _roll_back(steps: list[Step]) -> bool:
    """Run steps in reverse order; whether none has failed."""
    is_complete = True
    for step in reversed(steps):
        try:
            step()
        except exceptions.NotFound:
            continue
        except Exception as error:  # noqa: BLE001 - the caller needs the first failure
            is_complete = False
            LOG.warning("Could not roll back a step of a failed request: %s", error)
    return is_complete
