# SPDX-License-Identifier: Apache-2.0
"""The record as text."""

from recorder import report
from recorder.watch import Chapter, Sight

TESTS = "tests/unit/lifecycle/test_instance_states.py"
DOCUMENTED = {"Active": True, "Building": False, "Stopped": True, "Powering-off": True}
CHAPTERS = [
    Chapter("create", (Sight(1.5, "Active", True),)),
    Chapter("stop", (Sight(0.2, "Active", True), Sight(1.0, "Stopped", True))),
]


def test_order_and_first_sights() -> None:
    """Every sight stands in order with its flag; a star marks a state's first one."""
    lines = report.lines("instance", CHAPTERS, DOCUMENTED)
    assert lines[2:7] == [
        " 1 create",
        "      1.50 s  Active                  billed     *",
        " 2 stop",
        "      0.20 s  Active                  billed",
        "      1.00 s  Stopped                 billed     *",
    ]


def test_what_was_not_seen() -> None:
    """Each has its reason and the test of its rows."""
    text = "\n".join(report.lines("instance", CHAPTERS, DOCUMENTED))
    assert "2 of 4 documented states seen" in text
    assert "Not seen: Building: it stands for steps" in text
    assert f"Not seen: Powering-off: too short to be met. Its rows: {TESTS}" in text
    assert "Not as documented" not in text


def test_wrong_flag() -> None:
    """A billing flag that is not the documented one is named."""
    wrong = [Chapter("create", (Sight(1.0, "Active", False),))]
    assert "Not as documented: Active" in report.lines("instance", wrong, DOCUMENTED)


def test_page() -> None:
    """The page holds the record as it is."""
    page = report.as_page("1 create\n\nend")
    assert "\n   1 create\n\n   end\n" in page
