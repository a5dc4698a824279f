# SPDX-License-Identifier: Apache-2.0
"""What all lanes have seen, in a file that a later run completes."""

import dataclasses
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from tests.faults.outcomes import Outcome, Reference
from tests.faults.posts import Post
from tests.faults.rows import Row

JSON = dict[str, Any]

_TOP: Final = Path(__file__).parents[2]


class Results:
    """What all lanes have seen.

    :param path: the file, which is written after each experiment; if it exists, its results are
        part of these
    :param commit: the version of the gateway
    """

    def __init__(self, path: Path | None, commit: str) -> None:
        self._lock = threading.Lock()
        self._path = path
        self._rows: dict[tuple[str, str, str], Row] = {}
        self.references: dict[str, Reference] = {}
        self.outcomes: dict[str, list[Outcome]] = {}
        self.troubles: list[str] = []
        """Experiments that could not be made."""
        self.commits: list[str] = []
        """The versions of the gateway, the first one first."""
        if path is not None and path.exists():
            self._load(json.loads(path.read_text()))
        if commit not in self.commits:
            self.commits.append(commit)

    @property
    def rows(self) -> list[Row]:
        """The experiments with one service at a time."""
        return list(self._rows.values())

    def add_row(self, row: Row) -> None:
        """Keep and print a row, in the place of an earlier one of the same experiment."""
        with self._lock:
            self._rows[row.neighbour, row.fault, row.request] = row
            self._store()
        mark = "ok  " if row.is_passed else "FAIL"
        say(f"{mark} {row.neighbour} {row.fault}, {row.request}: {row.seen}")

    def add_reference(self, post: Post, known: Reference) -> None:
        """Keep and print what a POST does without a fault."""
        with self._lock:
            self.references[post.name] = known
            self.outcomes.setdefault(post.name, [])
            self._store()
        say(f"     {post.name}: {known.status}, {known.writes} writes, {known.difference}")

    def add_outcome(self, post: Post, outcome: Outcome) -> None:
        """Keep and print a trial."""
        with self._lock:
            self.outcomes[post.name].append(outcome)
            self._store()
        failures = outcome.failures()
        mark = "FAIL" if failures else "ok  "
        if not outcome.is_conclusive:
            mark = "?   "
        say(
            f"{mark} {post.name}, {outcome.trouble} ({outcome.faulted}): first {outcome.first}, "
            f"retries {outcome.retries}, waited {outcome.blocked_seconds} s, "
            f"{outcome.difference}{': ' if failures else ''}{', '.join(failures)}"
        )

    def add_trouble(self, what: str) -> None:
        """Keep and print that an experiment could not be made."""
        with self._lock:
            self.troubles.append(what)
        say(f"???? {what}")

    def concluded(self, post: Post, trouble: str) -> int:
        """How many trials of a POST with a trouble have a conclusion."""
        with self._lock:
            outcomes = self.outcomes.get(post.name, [])
            return sum(one.is_conclusive and one.trouble == trouble for one in outcomes)

    def _load(self, content: JSON) -> None:
        self.commits = content["commits"]
        rows = [Row(**row) for row in content["rows"]]
        self._rows = {(row.neighbour, row.fault, row.request): row for row in rows}
        for name, post in content["posts"].items():
            self.references[name] = Reference(**post["reference"])
            self.outcomes[name] = [Outcome(**outcome) for outcome in post["trials"]]

    def _store(self) -> None:
        if self._path is None:
            return
        content = {
            "commits": self.commits,
            "rows": [dataclasses.asdict(row) for row in self._rows.values()],
            "posts": {
                name: {
                    "reference": dataclasses.asdict(known),
                    "trials": [dataclasses.asdict(outcome) for outcome in self.outcomes[name]],
                }
                for name, known in self.references.items()
            },
        }
        # A run that is killed leaves the file as it was before or after an experiment.
        written = self._path.with_name(f"{self._path.name}.new")
        written.write_text(json.dumps(content, indent=1) + "\n")
        written.replace(self._path)


def current_commit() -> str:
    """The commit of the source tree."""
    command = ["git", "-C", str(_TOP), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
