# SPDX-License-Identifier: Apache-2.0
"""A process that cannot start a thread for a moment."""

import threading
from functools import partial

import pytest

from kic_vm.adapters import parallel
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker

START = threading.Thread.start


def limit_threads(patch: pytest.MonkeyPatch, number: int) -> None:
    """Let this number of threads start, and no more."""
    left = iter(range(number))

    def start(self: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        START(self)

    patch.setattr(threading.Thread, "start", start)


def test_circuit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service is probed as soon as a thread can start."""
    probed = threading.Event()
    breaker = CircuitBreaker("compute", 1, 0.1)
    breaker.probe = probed.set
    with monkeypatch.context() as patch:
        limit_threads(patch, 0)
        breaker.note_failure()
    assert not probed.is_set()
    breaker.note_failure()
    assert probed.wait(5)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_calls(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Each call runs once, and all threads of the pool are free in the end."""
    pool = parallel._Pool("short of threads")
    ran: list[int] = []

    def call(number: int) -> int:
        ran.append(number)
        return number

    limit_threads(monkeypatch, number)
    waits = [pool.begin(partial(call, number)) for number in range(4)]
    assert [wait() for wait in waits] == [0, 1, 2, 3]
    assert sorted(ran) == [0, 1, 2, 3]
    begun = [pool.begin(partial(call, number)) for number in range(parallel._THREADS)]
    assert [wait() for wait in begun] == list(range(parallel._THREADS))
