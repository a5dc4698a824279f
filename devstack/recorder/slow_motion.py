# SPDX-License-Identifier: Apache-2.0
"""Nova and Cinder in slow motion, so that states of a tenth of a second can be seen.

Nothing in them changes: their processes are stopped and continued in small steps, as on a machine
that has little time for them. The APIs are left alone.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Sequence

from allinone.processes import Processes

SERVICES = ("nova-conductor", "nova-scheduler", "nova-compute-1", "nova-compute-2", "cinder-volume")
STOPPED_SECONDS, RUNNING_SECONDS = 0.12, 0.02


@contextlib.contextmanager
def slow_motion(processes: Processes) -> Iterator[None]:
    """Slow these services down within; they run freely again afterwards, whatever happens."""
    members = processes.members()
    pids = [pid for service in SERVICES for pid in members.get(service, ())]
    ended = threading.Event()
    thread = threading.Thread(target=_step, args=(pids, ended))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _step(pids: Sequence[int], ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            _send(pids, signal.SIGSTOP)
            ended.wait(STOPPED_SECONDS)
        finally:
            _send(pids, signal.SIGCONT)
        ended.wait(RUNNING_SECONDS)


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
