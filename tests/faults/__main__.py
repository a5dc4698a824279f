# SPDX-License-Identifier: Apache-2.0
"""Run the experiments, and write what was seen into the documentation."""

import argparse
import contextlib
import dataclasses
import functools
import itertools
import json
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.faults import experiments, isolation, lane, report, trial
from tests.faults.loop import LoopThread
from tests.faults.outcomes import WITHOUT_KEY, Outcome, Reference
from tests.faults.posts import POSTS, Post
from tests.faults.rows import Row
from tests.faults.workspace import PreparationError, Workspace
from tests.functional import standalone

JSON = dict[str, Any]
Job = Callable[[Workspace], None]

_DOCUMENTATION: Final = Path(__file__).parents[2] / "doc/source/contributor"
PARTS: Final = ("posts", "services", "keystone", "redis", "isolation")
_ATTEMPTS: Final = 3  # of a trial from which nothing can be concluded


class Results:
    """What all lanes have seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rows: list[Row] = []
        self.references: dict[str, Reference] = {}
        self.outcomes: dict[str, list[Outcome]] = {}
        self.troubles: list[str] = []
        """Experiments that could not be made."""

    def add_row(self, row: Row) -> None:
        """Keep and print a row."""
        with self._lock:
            self.rows.append(row)
        mark = "ok  " if row.is_passed else "FAIL"
        _say(f"{mark} {row.neighbour} {row.fault}, {row.request}: {row.seen}")

    def add_reference(self, post: Post, known: Reference) -> None:
        """Keep and print what a POST does without a fault."""
        with self._lock:
            self.references[post.name] = known
            self.outcomes[post.name] = []
        described = known.difference.described()
        _say(f"     {post.name}: {known.status}, {known.writes} writes, {described}")

    def add_outcome(self, post: Post, outcome: Outcome) -> None:
        """Keep and print a trial."""
        with self._lock:
            self.outcomes[post.name].append(outcome)
        failures = outcome.failures()
        mark = "FAIL" if failures else "ok  "
        if not outcome.is_conclusive:
            mark = "?   "
        _say(
            f"{mark} {post.name}, {outcome.trouble} ({outcome.faulted}): first {outcome.first}, "
            f"retries {outcome.retries}, waited {outcome.blocked_seconds} s, "
            f"{outcome.difference}{': ' if failures else ''}{', '.join(failures)}"
        )

    def add_trouble(self, what: str) -> None:
        """Keep and print that an experiment could not be made."""
        with self._lock:
            self.troubles.append(what)
        _say(f"???? {what}")

    def as_json(self) -> JSON:
        """All of it."""
        return {
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "posts": {
                name: {
                    "status": known.status,
                    "writes": known.writes,
                    "expected": known.difference.described(),
                    "trials": [dataclasses.asdict(outcome) for outcome in self.outcomes[name]],
                }
                for name, known in self.references.items()
            },
            "troubles": self.troubles,
        }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _post_job(post: Post, trials: int, troubles: list[str], results: Results) -> Job:
    def run(work: Workspace) -> None:
        known = _reference(work, post)
        results.add_reference(post, known)
        if not known.is_offered:
            return
        for trouble in trial.TROUBLES:
            for number in range(trials if trouble.name in troubles else 0):
                attempt = functools.partial(trial.run, work, post, known, trouble, number)
                results.add_outcome(post, _conclusive(attempt))
        if WITHOUT_KEY in troubles:
            for number, trouble in itertools.product(range(trials), trial.WITHOUT_ANSWER):
                attempt = functools.partial(trial.without_key, work, post, known, trouble, number)
                results.add_outcome(post, _conclusive(attempt))

    return run


def _reference(work: Workspace, post: Post) -> Reference:
    """What the POST does; a service that did not answer in time is asked again."""
    for _attempt in range(_ATTEMPTS):
        known = trial.reference(work, post)
        if known.status not in {502, 503, 504}:
            break
    return known


def _conclusive(attempt: Callable[[], Outcome]) -> Outcome:
    """A trial from which something can be concluded, if one of some attempts is.

    :raises PreparationError: nothing could be prepared for any of them
    """
    for number in range(_ATTEMPTS):
        try:
            outcome = attempt()
        except PreparationError:
            if number == _ATTEMPTS - 1:
                raise
        else:
            if outcome.is_conclusive:
                break
    return outcome


def _row_job(rows: Callable[[Workspace], Any], results: Results) -> Job:
    def run(work: Workspace) -> None:
        for row in rows(work):
            results.add_row(row)

    return run


def _jobs(arguments: argparse.Namespace, results: Results) -> "queue.SimpleQueue[tuple[str, Job]]":
    jobs: queue.SimpleQueue[tuple[str, Job]] = queue.SimpleQueue()
    if "keystone" in arguments.only:
        jobs.put(("keystone", _row_job(experiments.with_keystone, results)))
    if "services" in arguments.only:
        for service in experiments.SERVICES:

            def rows(work: Workspace, service: str = service) -> Any:
                return experiments.with_service(work, service)

            jobs.put((service, _row_job(rows, results)))
    if "isolation" in arguments.only:
        jobs.put(("isolation", _row_job(isolation.rows, results)))
    if "redis" in arguments.only:
        jobs.put(("redis", _row_job(experiments.with_redis, results)))
    if "posts" in arguments.only:
        # The last ones take longest, so that all lanes end at about the same time.
        for post in reversed(POSTS):
            if arguments.posts is None or post.name in arguments.posts:
                job = _post_job(post, arguments.trials, arguments.troubles, results)
                jobs.put((post.name, job))
    return jobs


def _work(loop: LoopThread, jobs: "queue.SimpleQueue[tuple[str, Job]]", results: Results) -> None:
    try:
        with lane.opened(loop) as own:
            work = Workspace(own)
            while not jobs.empty():
                with contextlib.suppress(queue.Empty):
                    _do(work, *jobs.get_nowait(), results)
    except Exception as error:  # noqa: BLE001 - the other lanes go on
        traceback.print_exc()
        results.add_trouble(f"a lane: {error!r}")


def _do(work: Workspace, name: str, job: Job, results: Results) -> None:
    try:
        job(work)
    except (PreparationError, AssertionError) as error:
        results.add_trouble(f"{name}: {error}")
    except Exception as error:  # noqa: BLE001 - the other experiments go on
        traceback.print_exc()
        results.add_trouble(f"{name}: {error!r}")


def main() -> int:
    """The command; its exit status says whether the experiments could be made."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    troubles = [*(trouble.name for trouble in trial.TROUBLES), WITHOUT_KEY]
    parser.add_argument("--trials", type=int, default=1, help="of each POST with each trouble")
    parser.add_argument("--lanes", type=int, default=3, help="projects that are used side by side")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--posts", nargs="+", metavar="NAME", help="only these POSTs")
    parser.add_argument("--troubles", nargs="+", choices=troubles, default=troubles, metavar="NAME")
    parser.add_argument(
        "--output", type=Path, default=_DOCUMENTATION, help="directory of the tables"
    )
    parser.add_argument("--json", type=Path, help="file for all that was seen")
    arguments = parser.parse_args()
    started = time.monotonic()
    results, loop = Results(), LoopThread()
    with standalone.running():
        jobs = _jobs(arguments, results)
        threads = [
            threading.Thread(target=_work, args=(loop, jobs, results))
            for _number in range(arguments.lanes)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:  # what runs goes on to its end, as it has things to remove
            while not jobs.empty():
                with contextlib.suppress(queue.Empty):
                    jobs.get_nowait()
            for thread in threads:
                thread.join()
    _write(results, arguments.output)
    if arguments.json:
        arguments.json.write_text(json.dumps(results.as_json(), indent=1) + "\n")
    _say(f"faults: {time.monotonic() - started:.0f} s, {len(results.troubles)} could not be made")
    return 1 if results.troubles else 0


def _write(results: Results, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if results.rows:
        (directory / "fault-figures.inc").write_text(report.rows_page(results.rows))
    if results.outcomes:
        page = report.posts_page(results.references, results.outcomes)
        (directory / "post-figures.inc").write_text(page)
    _say(f"faults: written to {directory}")


if __name__ == "__main__":
    sys.exit(main())
