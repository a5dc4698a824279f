# SPDX-License-Identifier: Apache-2.0
"""Runs a list of steps as early as their needs allow, side by side."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from . import interrupt
from .errors import InterruptedByUserError
from .progress import Progress

WORTH_NAMING_SECONDS = 3.0


@dataclass(frozen=True)
class Step:
    """One thing to bring about. `run` returns what it did, or None if there was nothing to do."""

    name: str
    run: Callable[[], str | None]
    needs: tuple[str, ...] = ()


def run_steps(steps: Sequence[Step], progress: Progress) -> None:
    """Run every step after the steps it needs; the first failure ends the others and is raised."""
    known = {step.name for step in steps}
    if unknown := {need for step in steps for need in step.needs} - known:
        message = f"steps need what is not a step: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        _Run(steps, progress, pool).finish()


class _Run:
    def __init__(self, steps: Sequence[Step], progress: Progress, pool: ThreadPoolExecutor) -> None:
        self._waiting = list(steps)
        self._progress = progress
        self._pool = pool
        self._running: dict[Future[str | None], tuple[Step, float]] = {}
        self._done: set[str] = set()
        self._failures: list[BaseException] = []

    def finish(self) -> None:
        self._start_ready()
        while self._running:
            finished, _ = wait(self._running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in finished:
                self._collect(future)
            self._start_ready()
            slow = time.monotonic() - WORTH_NAMING_SECONDS
            names = [step.name for step, begun in self._running.values() if begun < slow]
            self._progress.running(names)
        # a step that ended because another one failed has nothing new to say
        for failure in self._failures:
            if not isinstance(failure, InterruptedByUserError):
                raise failure
        if self._waiting or self._failures:
            raise InterruptedByUserError

    def _start_ready(self) -> None:
        ready = [step for step in self._waiting if self._done.issuperset(step.needs)]
        for step in [] if interrupt.requested() else ready:
            self._waiting.remove(step)
            self._running[self._pool.submit(step.run)] = (step, time.monotonic())

    def _collect(self, future: Future[str | None]) -> None:
        step, _ = self._running.pop(future)
        if failure := future.exception():
            self._failures.append(failure)
            interrupt.cancel()
            return
        self._done.add(step.name)
        if said := future.result():
            self._progress.say(said)
