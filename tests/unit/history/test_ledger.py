# SPDX-License-Identifier: Apache-2.0
"""The ledger: periods from Nova's record in special cases."""

import pytest

from kic_vm.history import ledger
from kic_vm.history.observations import Observation
from kic_vm.history.records import Action, Event, Flavor
from tests.unit.history.ledger_reads import CREATE, NOW, read, seen, shown
from tests.unit.history.nova_life import action, second, server


def test_create() -> None:
    """A life starts with the create request, not with Nova's row."""
    assert read(server(), CREATE) == [
        ("Building", 0, 10, "action"),
        ("Active", 10, None, "action"),
    ]


def test_overwritten_launched_at() -> None:
    """A rebuild overwrites launched_at; the past stays the same."""
    periods = read(server(updated_at=second(60)), CREATE, action("rebuild", 50, 60))
    assert periods[:2] == [("Building", 0, 10, "action"), ("Active", 10, 50, "action")]


def test_failed_create() -> None:
    """A create without a valid host ends in Error."""
    of = server(state="Error", was_launched=False, updated_at=second(3))
    assert read(of, action("create", 0, 3, is_failed=True)) == [
        ("Building", 0, 3, "action"),
        ("Error", 3, None, "action"),
    ]


def test_create_without_end() -> None:
    """A nova-compute that is killed in a create leaves no end: unknown until Nova's last save."""
    of = server(state="Error", was_launched=False, updated_at=second(100))
    assert read(of, action("create", 0, 2)) == [
        (None, 0, 100, "unknown"),
        ("Error", 100, None, "observed"),
    ]


def test_running_action() -> None:
    """An action that has not ended: its phases are those that Nova shows."""
    of = server(state="Resize_migrating", updated_at=second(55))
    assert read(of, CREATE, action("resize", 50, 53)) == [
        ("Building", 0, 10, "action"),
        ("Active", 10, 50, "action"),
        ("Resize_prep", 50, 55, "action"),
        ("Resize_migrating", 55, None, "observed"),
    ]


@pytest.mark.parametrize(("state", "billed"), [("Active", True), ("Error", False)])
def test_failed_resize(state: str, billed: bool) -> None:
    """After a failed resize, the current state says how it ended."""
    of = server(state=state, updated_at=second(60))
    periods = ledger.periods(of, [CREATE, action("resize", 50, 60, is_failed=True)], [], NOW)
    assert shown(periods)[-1] == (state, 60, None, "action")
    assert periods[-1].billable is billed


def test_failed_resize_before_another_action() -> None:
    """Nova accepts a stop in Active, so the resize had changed nothing."""
    of = server(state="Stopped", updated_at=second(91))
    actions = CREATE, action("resize", 50, 60, is_failed=True), action("start", 90, 91)
    failed = action("resize", 50, 60, is_failed=True)
    assert ("Active", 60, 90, "action") in read(of, CREATE, failed, action("pause", 90, 91))
    # It accepts a hard reboot in both.
    of = server(updated_at=second(91))
    assert (None, 60, 90, "unknown") in read(of, *actions[:2], action("reboot", 90, 91))


def test_state_changed_without_action() -> None:
    """Error that a periodic task set: unknown until Nova's last save, never billed by guess."""
    of = server(state="Error", updated_at=second(300))
    assert read(of, CREATE) == [
        ("Building", 0, 10, "action"),
        (None, 10, 300, "unknown"),
        ("Error", 300, None, "observed"),
    ]


def test_state_changed_without_action_but_observed() -> None:
    """The follower saw it: everything is known."""
    of = server(state="Error", updated_at=second(300))
    assert read(of, CREATE, seen=(seen("Error", 300),)) == [
        ("Building", 0, 10, "action"),
        ("Active", 10, 300, "action"),
        ("Error", 300, None, "observed"),
    ]


def test_gap() -> None:
    """A follower that was away says so: from its gap on, an observed state is unknown."""
    of = server(state="Stopped", updated_at=second(500))
    periods = read(
        of,
        CREATE,
        seen=(seen("Error", 300), seen("", 400, is_gap=True), seen("Stopped", 450)),
    )
    assert periods == [
        ("Building", 0, 10, "action"),
        ("Active", 10, 300, "action"),
        ("Error", 300, 400, "observed"),
        (None, 400, 450, "unknown"),
        ("Stopped", 450, None, "observed"),
    ]


def test_observed_phases() -> None:
    """The short states of a create are seen by the follower only."""
    periods = read(server(), CREATE, seen=(seen("Scheduling", 3), seen("Spawning", 6)))
    assert periods == [
        ("Building", 0, 3, "action"),
        ("Scheduling", 3, 6, "observed"),
        ("Spawning", 6, 10, "observed"),
        ("Active", 10, None, "action"),
    ]


def test_observations_of_an_edge() -> None:
    """An observation beside an edge is about the edge: Nova's record has whole seconds."""
    of = server(state="Stopped", updated_at=second(52))
    around = seen("Powering-off", 49.4), seen("Stopped", 51.8), seen("Active", 10.7)
    assert read(of, CREATE, action("stop", 50, 52), seen=around) == read(
        of, CREATE, action("stop", 50, 52)
    )


def test_action_that_is_not_recorded_yet() -> None:
    """Nova saves the state before it records the action: the time before stays known."""
    of = server(state="Powering-off", updated_at=second(900))
    assert read(of, CREATE) == [
        ("Building", 0, 10, "action"),
        ("Active", 10, 900, "action"),
        ("Powering-off", 900, None, "observed"),
    ]


def test_action_that_was_not_listed_yet() -> None:
    """The actions are listed beside the server: one that ended in between is not listed."""
    of = server(state="Stopped", updated_at=second(995))
    assert read(of, CREATE)[1:] == [
        ("Active", 10, 995, "action"),
        ("Stopped", 995, None, "observed"),
    ]


def test_reset_state() -> None:
    """Nova does not record which state an operator set; the current one tells it."""
    of = server(state="Error", updated_at=second(100))
    assert read(of, CREATE, action("resetState", 100, 100))[-1] == ("Error", 100, None, "action")


def test_shelved_but_not_offloaded() -> None:
    """An image-backed server that was not offloaded is billed until shelveOffload."""
    of = server(state="Shelved_offloaded", is_volume_backed=False, updated_at=second(91))
    periods = read(of, CREATE, action("shelve", 50, 60), action("shelveOffload", 90, 91))
    assert periods[-2:] == [
        ("Shelving", 50, 91, "action"),
        ("Shelved_offloaded", 91, None, "action"),
    ]


@pytest.mark.parametrize(
    ("event", "state"),
    [("schedule_instances", "Shelved_offloaded"), ("compute_start_instance", "Shelving")],
)
def test_events_decide(event: str, state: str) -> None:
    """The events of the unshelve say whether an image-backed server had been offloaded."""
    of = server(is_volume_backed=False, updated_at=second(91))
    unshelve = action("unshelve", 90, 91, events=(Event(event, second(90), is_ended=False),))
    periods = ledger.periods(of, [CREATE, action("shelve", 50, 60), unshelve], [], NOW)
    at_80 = next(item for item in periods if item.ended_at is None or item.ended_at > second(80))
    assert at_80.state == state


def test_archived_actions() -> None:
    """Without actions, everything before Nova's last save is unknown, never zero."""
    assert read(server(updated_at=second(400))) == [
        (None, 1, 400, "unknown"),
        ("Active", 400, None, "observed"),
    ]


def test_unknown_action() -> None:
    """An action of a newer Nova changes nothing."""
    assert read(server(), CREATE, action("teleport", 50, 60)) == read(server(), CREATE)


def test_flavors() -> None:
    """Before a resize, the flavor is known only if it was observed; a revert changes nothing."""
    resize, confirm = action("resize", 50, 60), action("confirmResize", 70, 71)
    of = server(updated_at=second(71))

    def flavors(*actions: Action, seen: tuple[Observation, ...] = ()) -> list[Flavor | None]:
        return [item.flavor for item in ledger.periods(of, [CREATE, *actions], seen, NOW)]

    small = of.flavor
    assert flavors(resize, confirm) == [None, None, None, small, small, small]
    observed = (seen("Active", 20, flavor_id="tiny"),)
    tiny = Flavor("tiny", None)
    assert flavors(resize, confirm, seen=observed)[:3] == [tiny, tiny, tiny]
    assert set(flavors(resize, action("revertResize", 70, 71))) == {small}


def test_commands() -> None:
    """A period names the action that led to it."""
    of = server(state="Stopped", updated_at=second(52))
    periods = ledger.periods(of, [CREATE, action("stop", 50, 52)], [], NOW)
    assert [item.action and item.action.name for item in periods] == [
        "create",
        "create",
        "stop",
        "stop",
    ]
