# SPDX-License-Identifier: Apache-2.0
"""Actions whose nova-compute was killed: Nova sets updated_at when an event starts, too."""

import pytest

from kic_vm.history import edges, ledger
from kic_vm.history.observations import Observation
from kic_vm.history.records import Action, Event
from tests.unit.history.nova_life import action, second, server

NOW = second(1000)
CREATE = action("create", 0, 10)
SHELVE = action("shelve", 100, 110)
RESIZE = action("resize", 100, 110)


def _interrupted(name: str, start: float, *ended: str, unended: str) -> Action:
    """An action whose last event began two seconds after its start, and never ended."""
    events = [Event(event, second(start), is_ended=True) for event in ended]
    events.append(Event(unended, second(start + 2), is_ended=False))
    return action(name, start, start + 2, events=tuple(events))


INTERRUPTED = {
    "unshelve": (
        [CREATE, SHELVE],
        _interrupted("unshelve", 200, "schedule_instances", unended="compute_unshelve_instance"),
    ),
    "shelve": ([CREATE], _interrupted("shelve", 200, unended="compute_shelve_offload_instance")),
    "resize": (
        [CREATE],
        _interrupted("resize", 200, "compute_prep_resize", unended="compute_resize_instance"),
    ),
    "confirmResize": (
        [CREATE, RESIZE],
        _interrupted("confirmResize", 200, unended="compute_confirm_resize"),
    ),
    "revertResize": (
        [CREATE, RESIZE],
        _interrupted(
            "revertResize", 200, "compute_revert_resize", unended="compute_finish_revert_resize"
        ),
    ),
}


@pytest.mark.parametrize("name", INTERRUPTED)
def test_error_later(name: str) -> None:
    """The start of nova-compute sets Error at 230; a hard reboot repairs the instance at 300.

    Nothing is billed on the ground of an action that did not end.
    """
    earlier, interrupted = INTERRUPTED[name]
    actions = [*earlier, interrupted, action("reboot", 300, 310)]
    of = server(updated_at=second(310), state="Active")
    shown = ledger.periods(of, actions, [], NOW)
    (after,) = [period for period in shown if period.started_at == second(200)]
    assert (after.state, after.ended_at) == (None, second(300))
    seen = ledger.periods(of, actions, [Observation("s", "Error", second(230))], NOW)
    assert [
        (period.state, period.evidence) for period in seen if period.started_at == second(230)
    ] == [("Error", "observed")]
    assert all(period.state is not None for period in seen)
    # Only Nova's record is the evidence of these, so they are the same without observations.
    assert [period for period in seen if period.evidence == "action"] == [
        period for period in shown if period.evidence == "action"
    ]


@pytest.mark.parametrize("name", INTERRUPTED)
def test_error_now(name: str) -> None:
    """The instance is in Error since 230, as Nova shows."""
    earlier, interrupted = INTERRUPTED[name]
    of = server(updated_at=second(230), state="Error")
    shown = ledger.periods(of, [*earlier, interrupted], [], NOW)
    assert (shown[-1].state, shown[-1].started_at) == ("Error", second(230))
    assert shown[-2].state is None


@pytest.mark.parametrize("name", INTERRUPTED)
def test_ended(name: str) -> None:
    """The same action, with its last event ended, leads to the state after it."""
    earlier, interrupted = INTERRUPTED[name]
    (end,) = [
        edge for edge in edges.load_edges().ends[name] if edge.ended_by and edge.root != "image"
    ]
    names = {event.name for event in interrupted.events or ()} | end.ended_by
    events = tuple(Event(event, second(200), is_ended=True) for event in names)
    ended = action(name, 200, 202, events=events)
    following = {"shelve": "unshelve", "resize": "confirmResize"}.get(name, "stop")
    of = server(updated_at=second(310), state="Stopped" if following == "stop" else "Active")
    actions = [*earlier, ended, action(following, 300, 310)]
    shown = ledger.periods(of, actions, [], NOW)
    assert second(202) in [period.started_at for period in shown]
    assert all(period.state is not None for period in shown)


@pytest.mark.parametrize("delay", [0, 4])
def test_busy_api(delay: int) -> None:
    """A busy API saves the state seconds after the request; the first event starts then."""
    events = (
        Event("compute_finish_resize", second(210), is_ended=True),
        Event("conductor_migrate_server", second(200 + delay), is_ended=True),
    )
    resize = action("resize", 200, 220, events=events)
    of = server(updated_at=second(220), state="Resized")
    shown = ledger.periods(of, [CREATE, resize], [], NOW)
    assert [(period.state, period.started_at) for period in shown[-3:]] == [
        ("Active", second(10)),
        ("Resize_prep", second(200 + delay)),
        ("Resized", second(220)),
    ]
