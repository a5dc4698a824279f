# SPDX-License-Identifier: Apache-2.0
"""A process of OpenStack stops for a minute, while instances are created, deleted and read.

The process is suspended, so that its connections stay open and nothing answers. Afterwards each
``Idempotency-Key`` must have made exactly one instance, and nothing may be left over.
"""

import collections
import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from allinone.processes import Processes

from tests.faults.answers import shown
from tests.faults.lane import REQUEST_SECONDS
from tests.faults.workspace import Workspace
from tests.functional.client import Client
from tests.functional.second_api import deployment
from tests.proofs.creates import Creates
from tests.proofs.creates import Result as CreatesResult

NAMES: Final = ("rabbitmq", "nova-compute-1", "cinder-volume")
SECONDS: Final = 60.0
_DELAY_SECONDS: Final = 5.0
_READ_PAUSE: Final = 0.5
_PATHS: Final = ("/api/v1/instances", "/api/v1/volumes", "/healthcheck")
_LONGEST_SECONDS: Final = REQUEST_SECONDS + 1.0


@dataclasses.dataclass
class Result:
    """What was seen while one process was stopped, and after it."""

    name: str
    creates: CreatesResult
    reads: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """Status and code of the answers to reads."""
    longest_read: float = 0.0
    """In seconds."""

    @property
    def is_passed(self) -> bool:
        """Whether each key made one instance, no read was wrong, and all were answered in time."""
        return (
            self.creates.is_passed
            and not any(status.startswith(("500", "no answer")) for status in self.reads)
            and self.longest_read <= _LONGEST_SECONDS
        )


def run(work: Workspace, name: str, count: int, say: Callable[[str], None]) -> Result:
    """Stop one process for a minute under load.

    :param count: the number of instances
    """
    creates = Creates(work, 0.0, say)
    result = Result(name, creates.result)
    done = threading.Event()
    reader = threading.Thread(target=_read, args=(work.lane.client(), result, done))
    stopper = threading.Thread(target=_stop_for_a_while, args=(name, done))
    reader.start()
    stopper.start()
    try:
        creates.run(count)
    finally:
        done.set()
        stopper.join()
        reader.join()
    return result


def _read(client: Client, result: Result, done: threading.Event) -> None:
    while not done.wait(_READ_PAUSE):
        for path in _PATHS:
            started = time.monotonic()
            try:
                answer = shown(client.request("GET", path))
            except OSError as error:  # requests' own errors are of this kind
                answer = f"no answer: {type(error).__name__}"
            seconds = round(time.monotonic() - started, 1)
            result.reads[answer] += 1
            result.longest_read = max(result.longest_read, seconds)


def _stop_for_a_while(name: str, done: threading.Event) -> None:
    if not done.wait(_DELAY_SECONDS):
        with suspended(name):
            done.wait(SECONDS)


@contextlib.contextmanager
def suspended(name: str) -> Iterator[None]:
    """Within, a service of the standalone OpenStack does not run, with all its processes."""
    pids = Processes(deployment()).members()[name]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
