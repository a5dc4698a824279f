# SPDX-License-Identifier: Apache-2.0
"""One command at a time works on a data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import interrupt
from .progress import Progress


@contextmanager
def exclusive(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock file; waits for another command that holds it, and says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        told = False
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    stream.seek(0)
                    progress.say(f"waiting for another command (pid {stream.read().strip()})")
                    told = True
                interrupt.sleep(0.3)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield
