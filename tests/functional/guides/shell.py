# SPDX-License-Identifier: Apache-2.0
"""Runs the blocks of a guide in one shell, as a reader would paste them."""

import os
import re
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.guides import Block

SCRIPT = "guide.sh"
LIMIT = 600  # seconds for one guide, on a machine that has other work too

# What is another one each time.
_CHANGING = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "an id"),
    (re.compile(r"\b([0-9a-f]{2}:){15}[0-9a-f]{2}\b"), "a fingerprint"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "a project or user"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "a time"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "an address"),
    (re.compile(r"(ssh-\w+) [\w+/=]+"), r"\1 a key"),
)


class Failed(AssertionError):
    """A block that ended the shell."""


def run(
    blocks: Sequence[Block], environment: dict[str, str], directory: Path, limit: int = LIMIT
) -> list[str]:
    """What each block prints.

    :param limit: seconds for all of them
    :raises Failed: one ends with an error, or not at all; the message says which
    """
    mark = f"--- {uuid.uuid4()}"
    script = directory / SCRIPT
    parts = [f"{block.commands}printf '%s\\n' '{mark}'\n" for block in blocks]
    script.write_text("set -euo pipefail\n" + "".join(parts))
    done = subprocess.run(
        ["timeout", str(limit), "bash", SCRIPT],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), "LC_ALL": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    *outputs, rest = done.stdout.split(f"{mark}\n")
    if done.returncode != 0:
        failed = blocks[len(outputs)]
        raise Failed(f"line {failed.line}: {failed.commands}\n{rest}\n{done.stderr[-2000:]}")
    return outputs


def alike(text: str) -> str:
    """A text without what is another one each time."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text.strip()
