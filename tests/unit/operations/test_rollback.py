# SPDX-License-Identifier: Apache-2.0
"""What a rollback tells of the writes of a request."""

from collections.abc import Callable

import pytest

from kic_vm import exceptions
from kic_vm.context import RequestRecord, recording
from kic_vm.operations.rollback import all_or_nothing, remains_noted


def write(record: RequestRecord) -> None:
    """A service performs a write of the request."""
    record.note_write(is_outcome_unknown=False)


def fail(error: Exception, *before: Callable[[], None]) -> list[str]:
    """Fail in a block with one write to undo; the writes that were undone."""
    undone: list[str] = []
    with pytest.raises(type(error)):
        _fail(error, undone, before)
    return undone


def _fail(error: Exception, undone: list[str], before: tuple[Callable[[], None], ...]) -> None:
    with remains_noted(), all_or_nothing() as undo:
        undo(lambda: undone.append("write"))
        for call in before:
            call()
        raise error


def test_writes_before_it() -> None:
    """A rollback undoes its own writes: those before it remain."""
    with recording(RequestRecord("req-1")) as record:
        write(record)
        fail(exceptions.Conflict(), lambda: write(record))
        assert record.is_outcome_unknown(409)


def test_nested() -> None:
    """Nothing remains after the rollback of a part, and then of the whole."""
    with recording(RequestRecord("req-1")) as record:

        def part() -> None:
            with all_or_nothing():
                write(record)
                raise exceptions.Conflict

        fail(exceptions.Conflict(), lambda: write(record), part)
        assert not record.is_outcome_unknown(503)


def test_defect_of_the_gateway() -> None:
    """Nothing is rolled back: the failure may come from the answer to a write."""
    with recording(RequestRecord("req-1")) as record:
        assert fail(KeyError("id"), lambda: write(record)) == []
        assert record.is_outcome_unknown(500)


def test_no_request() -> None:
    """A rollback in the worker has no request to tell it to."""
    assert fail(exceptions.Conflict()) == ["write"]
