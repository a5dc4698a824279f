# SPDX-License-Identifier: Apache-2.0
"""What the processes of a gateway use of the machine."""

import dataclasses
import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass
class Usage:
    """What all processes of a group use together."""

    mebibytes: float
    """Resident memory."""
    threads: int
    files: int
    """Open file descriptors."""


def usage(group: int) -> Usage:
    """What the processes of a process group use now."""
    memory = threads = files = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) != group:
                continue
            memory += int((process / "statm").read_text().split()[1]) * _PAGE
            threads += len(list((process / "task").iterdir()))
            files += len(list((process / "fd").iterdir()))
        except (ProcessLookupError, FileNotFoundError):
            continue
    return Usage(round(memory / 2**20, 1), threads, files)
