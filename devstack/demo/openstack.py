# SPDX-License-Identifier: Apache-2.0
"""The standalone OpenStack: brought up, and taken down again if the demo has started it."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from allinone import settings
from allinone.deployment import Deployment
from allinone.processes import Process, Processes

from . import guests
from .errors import DemoError, StopRequested
from .place import REPOSITORY, Place

PROGRAM = REPOSITORY / "devstack" / "standalone"


class OpenStack:
    """The OpenStack of devstack/standalone."""

    def __init__(self, place: Place) -> None:
        self._record = place.directory / "started-openstack.json"

    @property
    def runs(self) -> bool:
        """Whether anything of it runs."""
        return bool(_alive())

    @property
    def is_ours(self) -> bool:
        """Whether a process runs of those that the demo has started."""
        try:
            started = [Process(**one) for one in json.loads(self._record.read_text())]
        except (FileNotFoundError, ValueError, TypeError):
            return False
        return any(process.alive for process in started)

    def up(self) -> None:
        """Bring it up; remembers whether the demo has started it."""
        ours = self.is_ours or not self.runs
        options = ["--guests"] if guests.wanted() else []
        try:
            code = run([PROGRAM, "up", *options])
        finally:
            self._remember(_alive() if ours else [])
        if code:
            raise DemoError(
                "the OpenStack did not come up; the reason is above."
                " `make demo` again goes on where it stopped."
            )

    def down(self) -> None:
        """Stop it."""
        if run([PROGRAM, "down"]):
            raise DemoError("the OpenStack could not be stopped; the reason is above")
        self._remember([])

    def _remember(self, processes: list[Process]) -> None:
        if not processes:
            self._record.unlink(missing_ok=True)
            return
        self._record.parent.mkdir(parents=True, exist_ok=True)
        self._record.write_text(json.dumps([asdict(one) for one in processes]) + "\n")


def run(argv: Sequence[str | Path]) -> int:
    """Run a program in the foreground; at Ctrl-C, let it end by itself before this one does."""
    child = subprocess.Popen(argv, cwd=REPOSITORY)
    interrupted: KeyboardInterrupt | None = None
    while True:
        try:
            code = child.wait()
            break
        except StopRequested as error:
            interrupted = error
            child.terminate()
        except KeyboardInterrupt as error:  # the child got it too
            interrupted = error
    if interrupted:
        raise interrupted
    return code


def _alive() -> list[Process]:
    processes = Processes(Deployment(settings.load()))
    known = (processes.get(name) for name in processes.names())
    return [process for process in known if process and process.alive]
