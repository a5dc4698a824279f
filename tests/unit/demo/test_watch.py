# SPDX-License-Identifier: Apache-2.0
"""Watching a machine through the gateway."""

import io

import pytest
from demo.errors import DemoError, Refused
from demo.screen import Screen
from demo.watch import Watch
from demo.wire import Gateway

from tests.unit.demo.conftest import Answer, Told

PATH = "GET /api/v1/instances/i"
TROUBLE = (503, {"error": {"code": "nova_unavailable", "message": "Nova does not answer."}})
GONE = (404, {"error": {"code": "not_found", "message": "There is no such resource."}})


def state(name: str, billable: bool = False) -> Answer:
    """An answer that shows an instance in a state."""
    return 200, {"instance": {"lifecycle": {"state": name, "billable": billable}}}


class Clock:
    """Time that passes only while the watch sleeps: a second each."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, _seconds: float) -> None:
        self.now += 1


@pytest.fixture
def output() -> io.StringIO:
    """What is shown."""
    return io.StringIO()


@pytest.fixture
def watch(gateway: Gateway, output: io.StringIO) -> Watch:
    """A watch on the instance "i"."""
    clock = Clock()
    return Watch(gateway, Screen(output, live=False), "i", clock, clock.sleep)


def test_every_state_is_shown_until_the_wanted_one(
    told: Told, watch: Watch, output: io.StringIO
) -> None:
    """Each with its flag and time, and the one that was reached in the end."""
    told.on(PATH, state("Spawning"), state("Spawning"), state("Active", True))
    answer = watch.until("Active", since=0.0)
    assert answer.body["instance"]["lifecycle"]["state"] == "Active"
    text = " ".join(output.getvalue().split())
    assert text == "- Spawning not billed 2.00 s -> Active, billed: 3.00 s after the request"
    assert watch.looks == 3


def test_a_state_that_lasts_into_the_next_step_has_its_row_there(
    told: Told, watch: Watch, output: io.StringIO
) -> None:
    """Active is left only when the stop takes effect."""
    told.on(PATH, state("Active", True))
    watch.until("Active", since=0.0)
    told.on(PATH, state("Active", True), state("Stopped", True))
    watch.until("Stopped", since=1.0)
    assert "* Active                 billed        2.00 s" in output.getvalue()


def test_the_end_of_the_machine_is_a_404(told: Told, watch: Watch, output: io.StringIO) -> None:
    """Which closes its last state."""
    told.on(PATH, state("Deleting"), GONE)
    watch.until_gone(since=0.0)
    assert watch.timeline.current is None
    assert "-> gone (404): 2.00 s after the request" in output.getvalue()


def test_the_error_state_ends_the_watch_with_a_hint(told: Told, watch: Watch) -> None:
    """The demo says so, and does not try again by itself."""
    told.on(PATH, state("Block_device_mapping"), state("Error"))
    with pytest.raises(DemoError, match=r"into the state Error instead of Active[\s\S]*Cinder"):
        watch.until("Active", since=0.0)


def test_a_state_that_never_comes_ends_the_watch(told: Told, watch: Watch) -> None:
    """With the state that it stuck in."""
    told.on(PATH, state("Stopped", True))
    with pytest.raises(DemoError, match="to be Active; after 5 s it is still Stopped"):
        watch.until("Active", since=0.0, limit=5)


def test_a_machine_that_vanishes_is_a_failure_unless_it_was_deleted(
    told: Told, watch: Watch
) -> None:
    """404 is an answer like any other error."""
    told.on(PATH, GONE)
    with pytest.raises(Refused, match="404 not_found"):
        watch.until("Active", since=0.0)


def test_an_upstream_in_trouble_is_asked_again_and_told_once(
    told: Told, watch: Watch, output: io.StringIO
) -> None:
    """Not hidden, and not the end at once."""
    told.on(PATH, TROUBLE, TROUBLE, state("Active", True))
    watch.until("Active", since=0.0)
    assert output.getvalue().count("! 503 Nova does not answer. (asking again)") == 1


def test_an_upstream_that_stays_in_trouble_ends_the_watch(told: Told, watch: Watch) -> None:
    """With the gateway's own words."""
    told.on(PATH, TROUBLE)
    with pytest.raises(Refused, match="503 nova_unavailable: Nova does not answer"):
        watch.until("Active", since=0.0)
