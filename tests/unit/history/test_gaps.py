# SPDX-License-Identifier: Apache-2.0
"""What a gap of the follower leaves known, and what an observation decides on a slow cloud."""

import pytest

from kic_vm.history import ledger
from kic_vm.history.observations import Observation
from kic_vm.history.records import Action, Server
from tests.unit.history.nova_life import START, action, second, server

NOW = second(1000)
CREATE = action("create", 0, 30)


def _seen(state: str, at: float) -> Observation:
    return Observation("s", state, second(at))


def _gap(at: float) -> Observation:
    return Observation("s", "", second(at), is_gap=True)


def _shown(
    of: Server, actions: list[Action], *observations: Observation
) -> list[tuple[str | None, int, str]]:
    """State, first second and evidence of each period."""
    return [
        (period.state, int((period.started_at - START).total_seconds()), period.evidence)
        for period in ledger.periods(of, actions, observations, NOW)
    ]


def test_gap_in_phases() -> None:
    """A gap within a create leaves the billing known, as it is without observations."""
    of = server(updated_at=second(30))
    assert _shown(of, [CREATE], _seen("Scheduling", 3), _gap(8), _seen("Spawning", 20)) == [
        ("Building", 0, "action"),
        ("Scheduling", 3, "observed"),
        ("Building", 8, "action"),
        ("Spawning", 20, "observed"),
        ("Active", 30, "action"),
    ]


def test_gap_in_first_phase() -> None:
    """A create shows Building between its phases, too."""
    of = server(updated_at=second(30))
    assert _shown(of, [CREATE], _seen("Scheduling", 3), _seen("Building", 5), _gap(8)) == [
        ("Building", 0, "action"),
        ("Scheduling", 3, "observed"),
        ("Building", 5, "observed"),
        ("Building", 8, "action"),
        ("Active", 30, "action"),
    ]


def test_gap_before_unexplained_change() -> None:
    """The guest was shut down without an action, in a gap: nothing shows when."""
    of = server(updated_at=second(310))
    actions = [CREATE, action("start", 300, 310)]
    observations = [_seen("Active", 30), _gap(50), _seen("Stopped", 200)]
    assert _shown(of, actions, *observations)[1:] == [
        ("Active", 30, "observed"),
        (None, 50, "unknown"),
        ("Stopped", 200, "observed"),
        ("Powering-on", 300, "action"),
        ("Active", 310, "action"),
    ]


def test_gap_after_unexplained_state() -> None:
    """A state that no action explains can have changed in a gap."""
    of = server(updated_at=second(310))
    actions = [CREATE, action("reboot", 300, 310)]
    assert _shown(of, actions, _seen("Active", 30), _seen("Error", 100), _gap(150))[1:] == [
        ("Active", 30, "action"),
        ("Error", 100, "observed"),
        (None, 150, "unknown"),
        ("Rebooting", 300, "action"),
        ("Active", 310, "action"),
    ]


def test_slow_reset() -> None:
    """An operator's reset that Nova saves after five seconds: the observation shows it.

    A gap later changes nothing, as after any other state that an action has led to.
    """
    of = server(updated_at=second(310))
    reset = action("resetState", 100, 105)
    actions = [CREATE, reset, action("rebuild", 300, 310)]
    observations = [_seen("Active", 30), _seen("Error", 105), _gap(200)]
    assert _shown(of, actions, *observations)[1:] == [
        ("Active", 30, "action"),
        ("Active", 100, "observed"),
        ("Error", 105, "observed"),
        ("Rebooting_hard", 300, "action"),
        ("Active", 310, "action"),
    ]
    assert (None, 100, "unknown") in _shown(of, actions)


@pytest.mark.parametrize(("saved", "offloaded"), [(108.3, (108, "observed")), (109.2, None)])
def test_slow_shelve(saved: float, offloaded: tuple[int, str] | None) -> None:
    """Nova freed resources before it ended the event: the time before that is not billed."""
    of = server(updated_at=second(saved), state="Shelved_offloaded")
    actions = [CREATE, action("shelve", 100, 110)]
    shown = _shown(of, actions, _seen("Active", 30), _seen("Shelved_offloaded", saved))
    observed = [("Shelved_offloaded", *offloaded)] if offloaded else []
    assert shown[2:] == [
        ("Shelving", 100, "action"),
        *observed,
        ("Shelved_offloaded", 110, "action"),
    ]
