# SPDX-License-Identifier: Apache-2.0
"""What was seen, as tables of the documentation."""

import collections
from collections.abc import Iterable
from typing import Final

from bench.report import table
from tests.faults.outcomes import BLOCKED_SECONDS, WITHOUT_KEY, Outcome, Reference
from tests.faults.posts import POSTS
from tests.faults.rows import LONGEST_SECONDS, Row
from tests.faults.trial import RETRIES, TROUBLES

_ORDER: Final = [post.name for post in POSTS]
_HEAD: Final = ".. Written by ``make faults``.\n\n"


def rows_page(rows: list[Row]) -> str:
    """A table for each neighbour: its faults, and what the gateway answered meanwhile."""
    passed = sum(row.is_passed for row in rows)
    parts = [
        _HEAD + f"{passed} of {len(rows)} experiments ended as expected, within "
        f"{LONGEST_SECONDS:.0f} s. The others are bold.\n"
    ]
    for neighbour in dict.fromkeys(row.neighbour for row in rows):
        group = [row for row in rows if row.neighbour == neighbour]
        expected = {row.request: row.expected for row in group}
        cells = {(row.fault, row.request): _seen(row) for row in group}
        lines = [
            [f"``{fault}``", *(cells.get((fault, request), "") for request in expected)]
            for fault in dict.fromkeys(row.fault for row in group)
        ]
        parts.append(table(f"Faults of {neighbour}", ["Fault", *expected], lines))
        parts += [f"Expected, {request}: {words}.\n" for request, words in expected.items()]
    return "\n".join(parts)


def _seen(row: Row) -> str:
    return row.seen if row.is_passed else f"**{row.seen}**"


def posts_page(
    references: dict[str, Reference], outcomes: dict[str, list[Outcome]], commits: list[str]
) -> str:
    """The tables of all POSTs and their troubles.

    :param commits: the versions of the gateway that were tried
    """
    conclusive = [one for many in outcomes.values() for one in many if one.is_conclusive]
    with_key = [outcome for outcome in conclusive if outcome.trouble != WITHOUT_KEY]
    passed = sum(not outcome.failures() for outcome in with_key)
    blocked = max((outcome.blocked_seconds for outcome in with_key), default=0)
    head = (
        f"At commit {', '.join(f'``{commit}``' for commit in commits)}, "
        f"{passed:,} of {len(with_key):,} trials ended with exactly one thing, nothing left over, "
        f"and the right answer to each of {RETRIES} retries within {BLOCKED_SECONDS} s; "
        f"the longest wait was {blocked:.0f} s. "
        "A cell has the trials that passed of those that were made, and what the others ended "
        "with.\n"
    )
    tried = {outcome.trouble for outcome in conclusive}
    names = [name for name in (*(one.name for one in TROUBLES), WITHOUT_KEY) if name in tried]
    lines = [
        [name, *(_cell(trouble, outcomes.get(name, [])) for trouble in names)]
        for name, reference in sorted(references.items(), key=lambda item: _ORDER.index(item[0]))
        if reference.is_offered
    ]
    missing = ", ".join(name for name, known in references.items() if not known.is_offered)
    tail = f"\nNot tried, as the gateway answered 400 or above without a fault: {missing}.\n"
    return "\n".join(
        [_HEAD + head, table("POST", ["Makes", *names], lines), tail if missing else ""]
    )


def _cell(trouble: str, outcomes: Iterable[Outcome]) -> str:
    tried = [one for one in outcomes if one.trouble == trouble and one.is_conclusive]
    if not tried:
        return ""
    failures = collections.Counter(failure for one in tried for failure in one.failures())
    words = [f"{count} {failure}" for failure, count in sorted(failures.items())]
    passed = sum(not outcome.failures() for outcome in tried)
    return ": ".join([f"{passed} of {len(tried)}", *([", ".join(words)] if words else [])])
