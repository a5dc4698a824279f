# SPDX-License-Identifier: Apache-2.0
"""Requests for a recent list at the same time: one fetch for all, and failing fetches."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.cache.fetched import Source
from tests.unit.cache.recent_list_reads import KEY, Fetches, process, read
from tests.unit.fake_redis import FakeRedis

JSON = dict[str, Any]


class Crowd:
    """Requests at the same time, each in its own thread."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self._threads: list[threading.Thread] = []

    def start(self, call: Callable[[], Any], count: int = 1) -> None:
        def run() -> None:
            try:
                self.answers.append(call())
            except Exception as error:  # noqa: BLE001 - an answer as well
                self.answers.append(error)

        for _number in range(count):
            thread = threading.Thread(target=run)
            thread.start()
            self._threads.append(thread)

    def join(self) -> list[Any]:
        for thread in self._threads:
            thread.join(20)
        return self.answers


class Gate(Fetches):
    """Fetches that last until they are let through."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.opened = threading.Event()

    def __call__(self) -> list[JSON]:
        found = super().__call__()
        self.began.set()
        assert self.opened.wait(20)
        return found


def test_one_fetch_for_all(server: FakeRedis) -> None:
    """Requests of all processes that come during a fetch wait for it."""
    first, second = process(server), process(server)
    crowd, gate = Crowd(), Gate()
    crowd.start(lambda: read(first, gate))
    assert gate.began.wait(20)
    crowd.start(lambda: read(first, gate), 5)
    crowd.start(lambda: read(second, gate), 5)
    time.sleep(0.1)
    gate.opened.set()
    answers = crowd.join()
    assert gate.count == 1
    assert {answer[0] for answer in answers} == {"1"}
    assert [answer[2] for answer in answers].count(Source.FETCHED) == 1


def test_wait_ends_with_the_bound(server: FakeRedis) -> None:
    """Who accepts less waits for a fetch that began after its arrival, together with others."""
    lists = process(server)
    crowd, slow, gate = Crowd(), Gate(), Gate()
    crowd.start(lambda: read(lists, slow))
    assert slow.began.wait(20)
    # The lease of the slow fetch keeps nobody longer than the bound either.
    crowd.start(lambda: read(lists, gate, 0.2), 4)
    assert gate.began.wait(20)
    gate.opened.set()
    time.sleep(0.1)
    slow.opened.set()
    answers = crowd.join()
    assert (slow.count, gate.count) == (1, 1)
    assert len(answers) == 5


def test_failure(server: FakeRedis) -> None:
    """A failed fetch fails its own request alone; those who waited fetch for themselves."""
    lists, crowd, began, opened = process(server), Crowd(), threading.Event(), threading.Event()

    def fail() -> list[JSON]:
        began.set()
        assert opened.wait(20)
        raise LookupError

    fetch = Fetches()
    crowd.start(lambda: read(lists, fail))
    assert began.wait(20)
    crowd.start(lambda: read(lists, fetch), 3)
    time.sleep(0.1)
    opened.set()
    answers = crowd.join()
    assert [type(answer) for answer in answers].count(LookupError) == 1
    assert 1 <= fetch.count <= 3
    assert read(lists, fetch)[2] is Source.KNOWN


def test_killed_process(server: FakeRedis, go_on: Callable[[float], None]) -> None:
    """The lease of a process that is gone ends by itself."""
    server.look("SET", f"p:{KEY}:fetch", "gone")
    lists, fetch = process(server), Fetches()

    def pause(seconds: float) -> None:
        go_on(seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.sleep", pause)
        assert read(lists, fetch, 2)[0] == "1"
