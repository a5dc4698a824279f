# SPDX-License-Identifier: Apache-2.0
"""What was seen becomes tables, in which a failure is not to be overlooked."""

import dataclasses
from typing import Any

from tests.faults import report
from tests.faults.inventory import Inventory
from tests.faults.outcomes import WITHOUT_KEY, Outcome, Reference
from tests.faults.rows import Row, Seen, judged

REFERENCE = Reference("+1 volume", made=1, writes=1, status=202, seconds=0.1)
OUTCOME = Outcome(
    trouble="lost",
    faulted="POST /v3/volumes",
    first="503 upstream_unavailable",
    is_outcome_told=True,
    retries={"202": 10},
    answered_ids=1,
    absent_ids=0,
    blocked_seconds=1.0,
    made=1,
    expected_made=1,
    difference="+1 volume",
    expected="+1 volume",
    is_conclusive=True,
)


def inventory(*facts: tuple[str, str]) -> Inventory:
    return Inventory({}, frozenset(facts), is_settled=True, has_cinder_race=False)


def changed(**changes: Any) -> list[str]:
    return dataclasses.replace(OUTCOME, **changes).failures()


def test_difference() -> None:
    """What came and what went, counted by kind."""
    before = inventory(("volume", "a"), ("port", "b"))
    after = inventory(("volume", "a"), ("volume", "c"), ("volume", "d"))
    assert after.difference(before).described() == "+2 volume, -1 port"
    assert before.difference(before).described() == "nothing"


def test_failures() -> None:
    """Each promise that is not kept has its word."""
    assert OUTCOME.failures() == []
    assert changed(made=2, difference="+2 volume") == ["doubled"]
    assert changed(made=0, difference="nothing") == ["missing"]
    assert changed(difference="+1 port, +1 volume") == ["left over"]
    assert changed(blocked_seconds=66.0) == ["blocked"]
    assert changed(answered_ids=2) == ["other answer"]
    assert changed(absent_ids=1) == ["other answer"]
    assert changed(retries={"409 already_exists": 10}) == ["other answer"]
    assert changed(retries={"409 outcome_unknown": 10}) == []
    assert changed(trouble=WITHOUT_KEY, made=0) == []
    assert changed(trouble=WITHOUT_KEY, is_outcome_told=False) == ["not told"]


def test_posts_page() -> None:
    """A cell has the trials that passed, and what the others ended with."""
    doubled = dataclasses.replace(OUTCOME, made=2, difference="+2 volume")
    unclear = dataclasses.replace(OUTCOME, is_conclusive=False)
    untold = dataclasses.replace(OUTCOME, trouble=WITHOUT_KEY, is_outcome_told=False, retries={})
    refused = dataclasses.replace(REFERENCE, writes=0, status=501)
    page = report.posts_page(
        {"volume": REFERENCE, "route table": refused},
        {"volume": [OUTCOME, doubled, unclear, untold], "route table": []},
        ["abc1234"],
    )
    assert "At commit ``abc1234``, 1 of 2 trials" in page
    assert "- 1 of 2: 1 doubled" in page
    assert "- 0 of 1: 1 not told" in page
    assert "without a fault: route table." in page


def test_rows_page() -> None:
    """An answer that is not as expected is bold."""
    rows = [
        judged("compute", "hang", "get", Seen(status, body, 0.1), bool, "compute")
        for status, body in (
            (503, {"error": {"code": "upstream_unavailable", "service": "compute"}}),
            (500, {"error": {"code": "internal_error"}}),
        )
    ]
    assert [row.is_passed for row in rows] == [True, False]
    page = report.rows_page([rows[0], dataclasses.replace(rows[1], fault="html")])
    assert "1 of 2 experiments" in page
    assert "- **500 internal_error in 0.1 s**" in page
    assert "- 503 upstream_unavailable compute in 0.1 s" in page


def test_judged() -> None:
    """The right answer in time; or a failure that names the service, where one may be named."""

    def row(seen: Seen, service: str | None = "compute") -> Row:
        return judged("compute", "hang", "get", seen, lambda answer: answer.body == 1, service)

    named = Seen(504, {"error": {"service": "compute"}}, 1.0)
    assert row(Seen(200, 1, 1.0)).is_passed
    assert row(named).is_passed
    assert not row(named, None).is_passed
    assert not row(Seen(200, 2, 1.0)).is_passed
    assert not row(Seen(200, 1, 100.0)).is_passed
    assert not row(Seen(502, {"error": {"service": "network"}}, 1.0)).is_passed
    assert row(Seen(None, None, 110.0)).seen == "no answer in 110 s"
