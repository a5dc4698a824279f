# SPDX-License-Identifier: Apache-2.0
"""On what, and of what, figures were measured."""

import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any, Final

JSON = dict[str, Any]

_TOP: Final = Path(__file__).parents[1]
_ADDITIONS: Final = 1_000_000


def described() -> JSON:
    """The machine, Python and the commit."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = next(
        int(line.split()[1])
        for line in Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemTotal:")
    )
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**20),
        "python": platform.python_version(),
        "commit": _git("rev-parse", "--short=12", "HEAD") or "unknown",
        "is_changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "busy": os.getloadavg()[0],
    }


def loop_seconds() -> float:
    """CPU time of a plain loop: how fast the machine is at the moment.

    On a virtual machine it may be twice as long as an hour ago, and all that is measured with it.
    """

    def once() -> float:
        begin = time.process_time()
        total = 0
        for number in range(_ADDITIONS):
            total += number
        return time.process_time() - begin

    return min(once() for _time in range(5))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(_TOP), *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
