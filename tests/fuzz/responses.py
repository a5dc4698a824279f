# SPDX-License-Identifier: Apache-2.0
"""The numbers of responses by persona and status, of all processes of pytest-xdist.

KIC_VM_FUZZ_OUTPUT sets the file for a table of them.
"""

import collections
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from bench.report import table

SEED: Final = int(os.environ.get("KIC_VM_FUZZ_SEED", "1"))
_OUTPUT: Final = os.environ.get("KIC_VM_FUZZ_OUTPUT")
_HEAD: Final = '.. Written by the environment "fuzz" of tox.\n\n'

_counts: collections.Counter[tuple[str, int]] = collections.Counter()


def count(persona: str, status: int, number: int = 1) -> None:
    """Count responses that a persona got."""
    _counts[persona, status] += number


def counted() -> list[tuple[str, int, int]]:
    """Persona, status, and the number of responses; plain values, for another process."""
    return [(persona, status, number) for (persona, status), number in sorted(_counts.items())]


def add(counts: Iterable[tuple[str, int, int]]) -> None:
    """Add what another process has counted."""
    for persona, status, number in counts:
        count(persona, status, number)


def page() -> str:
    """The table of the responses."""
    statuses = sorted({status for _, status in _counts})
    rows = [
        [
            persona,
            *(f"{_counts[persona, status]:,}" for status in statuses),
            f"{sum(_counts[persona, status] for status in statuses):,}",
        ]
        for persona in sorted({persona for persona, _ in _counts})
    ]
    title = f"{_counts.total():,} generated requests, seed {SEED}"
    return table(title, ["Persona", *map(str, statuses), "Total"], rows)


def write() -> None:
    """Write the table into its file, if one is set."""
    if _OUTPUT:
        Path(_OUTPUT).write_text(_HEAD + page())
