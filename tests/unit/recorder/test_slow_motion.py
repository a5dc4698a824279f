# SPDX-License-Identifier: Apache-2.0
"""Processes in slow motion run freely afterwards."""

import subprocess
import time
from pathlib import Path
from typing import cast

import pytest
from allinone.processes import Processes
from recorder.slow_motion import SERVICES, slow_motion


class OneProcess:
    """The processes of a deployment: a single one."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def members(self) -> dict[str, list[int]]:
        return {SERVICES[0]: [self._pid]}


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_slow_motion() -> None:
    """Within they are stopped now and then; after it, and after a failure too, they are not."""
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            with pytest.raises(RuntimeError, match="seen"):
                _fail_when_stopped(process.pid)
            assert state(process.pid) != "T"
        finally:
            process.kill()


def _fail_when_stopped(pid: int) -> None:
    with slow_motion(cast("Processes", OneProcess(pid))):
        end = time.monotonic() + 10
        while state(pid) != "T":
            assert time.monotonic() < end, "it is never stopped"
        raise RuntimeError("seen")
