# SPDX-License-Identifier: Apache-2.0
"""Run the experiments, and write what was seen into the documentation."""

import argparse
import contextlib
import functools
import itertools
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests.faults import experiments, interruption, isolation, lane, report, trial
from tests.faults.loop import LoopThread
from tests.faults.outcomes import WITHOUT_KEY, Outcome, Reference
from tests.faults.posts import POSTS, Post
from tests.faults.results import Results, current_commit, say
from tests.faults.workspace import PreparationError, Workspace
from tests.functional import standalone

Job = Callable[[Workspace], None]

_DOCUMENTATION: Final = Path(__file__).parents[2] / "doc/source/contributor"
PARTS: Final = ("posts", "services", "keystone", "redis", "isolation")
_ATTEMPTS: Final = 3  # of a trial from which nothing can be concluded
# Set when the lanes are to end after the experiments that they make now.
_is_ending = threading.Event()


def _post_job(post: Post, trials: int, troubles: list[str], results: Results) -> Job:
    def run(work: Workspace) -> None:
        done = {trouble: results.concluded(post, trouble) for trouble in troubles}
        if all(count >= trials for count in done.values()):
            return
        known = _reference(work, post)
        results.add_reference(post, known)
        if not known.is_offered:
            return
        for trouble in trial.TROUBLES:
            for number in range(done.get(trouble.name, trials), trials):
                if _is_ending.is_set():
                    return
                attempt = functools.partial(trial.run, work, post, known, trouble, number)
                results.add_outcome(post, _conclusive(attempt))
        numbers = range(done.get(WITHOUT_KEY, trials), trials)
        for number, trouble in itertools.product(numbers, trial.WITHOUT_ANSWER):
            if _is_ending.is_set():
                return
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
            if _is_ending.is_set():
                return

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
            while not jobs.empty() and not _is_ending.is_set():
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
    parser.add_argument(
        "--json", type=Path, help="file for all that is seen; if it exists, it is completed"
    )
    arguments = parser.parse_args()
    interruption.raise_once()
    started = time.monotonic()
    results, loop = Results(arguments.json, current_commit()), LoopThread()
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
            say("faults: the lanes end, and remove what they have made")
            _is_ending.set()
            for thread in threads:
                thread.join()
    _write(results, arguments.output)
    say(f"faults: {time.monotonic() - started:.0f} s, {len(results.troubles)} could not be made")
    return 1 if results.troubles else 0


def _write(results: Results, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if results.rows:
        (directory / "fault-figures.inc").write_text(report.rows_page(results.rows))
    if results.outcomes:
        page = report.posts_page(results.references, results.outcomes, results.commits)
        (directory / "post-figures.inc").write_text(page)
    say(f"faults: written to {directory}")


if __name__ == "__main__":
    sys.exit(main())
