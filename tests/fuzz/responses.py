# SPDX-License-Identifier: Apache-2.0
"""The numbers of responses by persona and status, of all processes of pytest-xdist."""

import collections
import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bench.report import table

_HEAD: Final = '.. Written by the environment "fuzz" of tox.\n\n'

Counted = list[tuple[str, int, int]]
"""Persona, status, and the number of responses."""

_counts: collections.Counter[tuple[str, int]] = collections.Counter()


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run has seen.

    :param tests: how many ended: one for each operation with valid and one with invalid requests
    :param failed: how many of them found an error
    """

    seed: int
    commit: str
    tests: int
    failed: int
    counts: Counted


def count(persona: str, status: int, number: int = 1) -> None:
    """Count responses that a persona got."""
    _counts[persona, status] += number


def counted() -> Counted:
    """What has been counted, as plain values for another process."""
    return [(persona, status, number) for (persona, status), number in sorted(_counts.items())]


def add(counts: Iterable[tuple[str, int, int]]) -> None:
    """Add what another process has counted."""
    for persona, status, number in counts:
        count(persona, status, number)


def page(runs: list[Run]) -> str:
    """The table of the responses."""
    counts: collections.Counter[tuple[str, int]] = collections.Counter()
    for run in runs:
        for persona, status, number in run.counts:
            counts[persona, status] += number
    statuses = sorted({status for _, status in counts})
    rows = [
        [
            persona,
            *(f"{counts[persona, status]:,}" for status in statuses),
            f"{sum(counts[persona, status] for status in statuses):,}",
        ]
        for persona in sorted({persona for persona, _ in counts})
    ]
    described = [
        f"Seed {run.seed} at commit ``{run.commit}``: {run.failed} of {run.tests} tests failed."
        for run in runs
    ]
    title = f"Responses to {counts.total():,} generated requests"
    return "\n".join([*described, "", table(title, ["Persona", *map(str, statuses), "All"], rows)])


def write(run: Run, kept: Path | None, output: Path | None) -> str:
    """Return the table of a run and of all earlier ones.

    A run with the seed of an earlier one takes its place, as it has sent the same requests.

    :param kept: the file of all runs, to which this one is added
    :param output: a file for the table
    """
    runs = [run]
    if kept:
        known = [Run(**one) for one in json.loads(kept.read_text())] if kept.exists() else []
        runs = [*(one for one in known if one.seed != run.seed), run]
        kept.write_text(json.dumps([dataclasses.asdict(one) for one in runs], indent=1) + "\n")
    written = page(runs)
    if output:
        output.write_text(_HEAD + written)
    return written
