# SPDX-License-Identifier: Apache-2.0
"""Calls side by side: really at the same time, all ended, the first failure told."""

import threading
from contextvars import ContextVar
from functools import partial

import pytest

from kic_vm import exceptions
from kic_vm.adapters.parallel import run_in_threads

WAIT = 10


def test_results_in_order() -> None:
    """Results come in the order of the calls, not of their ends."""
    last_is_done = threading.Event()

    def first() -> int:
        assert last_is_done.wait(WAIT)
        return 1

    def last() -> int:
        last_is_done.set()
        return 3

    assert run_in_threads(first, lambda: 2, last) == [1, 2, 3]


def test_at_the_same_time() -> None:
    """As many as are given run at once: they meet at a barrier."""
    barrier = threading.Barrier(6)
    assert sorted(run_in_threads(*(partial(barrier.wait, WAIT) for _ in range(6)))) == list(
        range(6)
    )


@pytest.mark.parametrize("count", [0, 1])
def test_few(count: int) -> None:
    """None and one need no thread."""
    found = run_in_threads(*([threading.get_ident] * count))
    assert found == [threading.get_ident()] * count


def test_first_failure() -> None:
    """What the first of the failed calls has raised is raised, when all have ended."""
    ended = []
    second_failed = threading.Event()

    def first() -> None:
        assert second_failed.wait(WAIT)
        ended.append(1)
        raise KeyError("first")

    def second() -> None:
        ended.append(2)
        second_failed.set()
        raise ValueError("second")

    def third() -> None:
        assert second_failed.wait(WAIT)
        ended.append(3)

    with pytest.raises(KeyError, match="first"):
        run_in_threads(first, second, third)
    assert sorted(ended) == [1, 2, 3]


def test_refusals_are_last() -> None:
    """Whoever rolls back must learn first of a failure that does not say what was done."""
    lost, refused = exceptions.UpstreamTimeout("network"), exceptions.Conflict()
    lost.is_outcome_unknown = True
    for failure in (lost, KeyError("id")):
        with pytest.raises(type(failure)):
            run_in_threads(partial(fail, refused), partial(fail, failure))


def fail(error: Exception) -> None:
    raise error


def test_nested() -> None:
    """Calls that gather themselves do not wait for each other, even when all pools are busy."""

    def inner(depth: int) -> int:
        if depth == 0:
            return 1
        return sum(run_in_threads(*(partial(inner, depth - 1) for _ in range(3))))

    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(inner(4)), daemon=True) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert found == [81] * 8


def test_context_goes_along() -> None:
    """Each call sees the context of the request that makes it."""
    variable: ContextVar[str] = ContextVar("variable", default="nobody's")
    variable.set("mine")
    assert run_in_threads(variable.get, variable.get, variable.get) == ["mine"] * 3
