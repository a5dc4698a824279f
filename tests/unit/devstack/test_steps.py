# SPDX-License-Identifier: Apache-2.0
"""Steps run as early as they can, and a failure ends the others."""

import threading

import pytest
from allinone import interrupt
from allinone.errors import InterruptedByUserError, StandaloneError
from allinone.progress import Progress
from allinone.steps import Step, run_steps


def test_step_runs_after_what_it_needs() -> None:
    """The order comes from the needs, not from the list."""
    ran = []
    plan = [
        Step("last", lambda: ran.append("last"), ("first", "second")),
        Step("second", lambda: ran.append("second"), ("first",)),
        Step("first", lambda: ran.append("first")),
    ]
    run_steps(plan, Progress())
    assert ran == ["first", "second", "last"]


def test_independent_steps_run_side_by_side() -> None:
    """Two steps that wait for each other both get through."""
    meeting = threading.Barrier(2, timeout=5)

    def meet() -> None:
        meeting.wait()

    run_steps([Step("a", meet), Step("b", meet)], Progress())


def test_failure_ends_the_others_and_is_the_one_that_is_raised() -> None:
    """The first failure is told, not the endings that it caused."""

    def fail() -> None:
        raise StandaloneError("no disk")

    ran = []
    plan = [
        Step("long", lambda: interrupt.sleep(30)),
        Step("bad", fail),
        Step("after", lambda: ran.append("after"), ("bad",)),
    ]
    with pytest.raises(StandaloneError, match="no disk"):
        run_steps(plan, Progress())
    assert not ran


def test_interruption_is_told_as_such() -> None:
    """Ctrl-C ends the steps with its own error."""
    interrupt.cancel()
    with pytest.raises(InterruptedByUserError):
        run_steps([Step("never", lambda: None)], Progress())


def test_unknown_need_is_refused() -> None:
    """A misspelled need would otherwise never be met."""
    with pytest.raises(ValueError, match="mariadbb"):
        run_steps([Step("a", lambda: None, ("mariadbb",))], Progress())


def test_finished_step_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    """What a step says is a line with the elapsed time; silence is no line."""
    run_steps([Step("a", lambda: "a runs"), Step("b", lambda: None)], Progress())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("s] a runs")
