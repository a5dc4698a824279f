# SPDX-License-Identifier: Apache-2.0
"""A run that was stopped is completed by the next one."""

import dataclasses
from pathlib import Path

from tests.faults.posts import POSTS
from tests.faults.results import Results
from tests.faults.rows import Row
from tests.unit.faults.test_report import OUTCOME, REFERENCE

POST = POSTS[0]
ROW = Row("compute", "hang", "get", "504", "504", is_passed=True)


def test_completed(tmp_path: Path) -> None:
    """The file has each experiment as soon as it has ended, and the next run begins with it."""
    path = tmp_path / "results.json"
    first = Results(path, "abc1234")
    first.add_row(ROW)
    first.add_reference(POST, REFERENCE)
    first.add_outcome(POST, OUTCOME)
    first.add_outcome(POST, dataclasses.replace(OUTCOME, is_conclusive=False))

    second = Results(path, "def5678")
    assert second.commits == ["abc1234", "def5678"]
    assert second.rows == [ROW]
    assert second.references == {POST.name: REFERENCE}
    assert second.outcomes == first.outcomes
    assert second.concluded(POST, OUTCOME.trouble) == 1
    assert second.concluded(POST, "killed") == 0
    assert second.concluded(POSTS[1], OUTCOME.trouble) == 0


def test_repeated(tmp_path: Path) -> None:
    """A repeated experiment replaces its row, and adds to a POST's trials."""
    path = tmp_path / "results.json"
    failed = dataclasses.replace(ROW, seen="500", is_passed=False)
    for row in (failed, ROW):
        results = Results(path, "abc1234")
        results.add_row(row)
        results.add_reference(POST, REFERENCE)
        results.add_outcome(POST, OUTCOME)
    assert results.rows == [ROW]
    assert results.outcomes[POST.name] == [OUTCOME, OUTCOME]
    assert results.commits == ["abc1234"]
