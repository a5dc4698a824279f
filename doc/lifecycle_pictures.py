# SPDX-License-Identifier: Apache-2.0
"""The pictures of the lifecycle page: drawn by Graphviz from the tables, and kept as files.

They are kept so that the documentation is built without Graphviz; each carries a digest of the
diagram that it was drawn from, by which a test finds one that the tables have left behind.
"""

import hashlib
import itertools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from kic_vm.lifecycle import diagram
from kic_vm.lifecycle.model import Language
from kic_vm.lifecycle.table import load_tables

DIRECTORY = Path(__file__).resolve().parent / "source" / "images"
LANGUAGES: tuple[Language, ...] = ("en", "ko")


def pictures() -> Iterator[tuple[Path, str]]:
    """Each picture's file, and the diagram that is to be in it."""
    tables = load_tables()
    for kind, language in itertools.product(diagram.KINDS, LANGUAGES):
        yield (
            DIRECTORY / f"lifecycle-{kind}-{language}.svg",
            diagram.as_dot(tables, language, (kind,)),
        )


def mark(dot: str) -> str:
    """What a picture of this diagram has in it."""
    return f"<!-- drawn from sha256:{hashlib.sha256(dot.encode()).hexdigest()} -->"


def main() -> int:
    """Draw the pictures of diagrams that have changed; the exit code."""
    stale = [(path, dot) for path, dot in pictures() if mark(dot) not in path.read_text()]
    if stale and shutil.which("dot") is None:
        print("lifecycle_pictures: install Graphviz (Debian: graphviz)", file=sys.stderr)
        return 1
    for path, dot in stale:
        drawn = subprocess.run(
            ["dot", "-Tsvg"], input=dot.encode(), capture_output=True, check=True
        ).stdout.decode()
        path.write_text(f"{drawn.rstrip()}\n{mark(dot)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
