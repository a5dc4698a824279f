# SPDX-License-Identifier: Apache-2.0
"""Check that a file which people keep has a row for everything, and say what to change."""

from collections.abc import Iterable


def assert_complete(expected: Iterable[str], rows: Iterable[str], file: str) -> None:
    """Fail with the rows that the file lacks, and with those that it has in excess.

    :param file: the file's path from the top of the repository
    """
    wanted, present = set(expected), set(rows)
    problems = []
    if missing := sorted(wanted - present):
        problems.append(f"add to {file}: {', '.join(missing)}")
    if excess := sorted(present - wanted):
        problems.append(f"remove from {file}: {', '.join(excess)}")
    assert not problems, "; ".join(problems)
