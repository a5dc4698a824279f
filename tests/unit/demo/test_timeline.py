# SPDX-License-Identifier: Apache-2.0
"""Which states a machine went through, and for how long."""

import pytest
from demo.timeline import Timeline


@pytest.fixture
def timeline() -> Timeline:
    """Two seconds unbilled, then three billed, one of them stopped."""
    timeline = Timeline()
    timeline.see("Spawning", False, 10)
    timeline.see("Spawning", False, 11)
    timeline.see("Active", True, 12)
    timeline.see("Stopped", True, 14)
    timeline.close(15)
    return timeline


def test_a_span_lasts_from_its_first_sight_to_the_first_sight_of_another_state(
    timeline: Timeline,
) -> None:
    """Seeing the same state again begins nothing new."""
    spans = [(span.state, span.seconds(99)) for span in timeline.spans]
    assert spans == [("Spawning", 2), ("Active", 2), ("Stopped", 1)]


def test_seeing_another_state_gives_back_the_span_that_it_ended() -> None:
    """So that its row can be shown, complete."""
    timeline = Timeline()
    assert timeline.see("Active", True, 1) is None
    assert timeline.see("Active", True, 2) is None
    ended = timeline.see("Shelving", True, 4)
    assert ended
    assert (ended.state, ended.seconds(99)) == ("Active", 3)
    assert timeline.current
    assert timeline.current.state == "Shelving"


def test_billed_and_unbilled_time_are_added_up(timeline: Timeline) -> None:
    """The flags are those of the answers."""
    assert timeline.seconds(15, billable=True) == 3
    assert timeline.seconds(15, billable=False) == 2
    assert timeline.seen() == {"Spawning", "Active", "Stopped"}


def test_the_last_span_counts_until_now_while_it_lasts() -> None:
    """The machine is still there."""
    timeline = Timeline()
    timeline.see("Active", True, 1)
    assert timeline.seconds(5, billable=True) == 4


def test_the_bar_shows_the_billed_share_in_order(timeline: Timeline) -> None:
    """Five seconds in five cells: two unbilled, three billed."""
    assert timeline.bar(5, 15) == [False, False, True, True, True]
    assert len(timeline.bar(60, 15)) == 60


def test_nothing_seen_is_an_empty_timeline() -> None:
    """No state, no time, no bar."""
    timeline = Timeline()
    assert timeline.close(1) is None
    assert (timeline.current, timeline.seen(), timeline.bar(5, 1)) == (None, set(), [])
