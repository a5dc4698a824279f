# SPDX-License-Identifier: Apache-2.0
"""What the proof of the ledger concludes: the true timelines, the comparison and its report."""

import dataclasses
import datetime
from typing import Any

import pytest

from tests.proofs.history import report
from tests.proofs.history.comparison import Comparison, Edge, Reason, compare
from tests.proofs.history.proof import changes_of
from tests.proofs.history.recorder import message_bus, notification_of
from tests.proofs.history.result import Options, Reading, Result
from tests.proofs.history.truth import Notification, Truth, phase_of

JSON = dict[str, Any]

START = 1_790_000_000.0
# vm_state, task_state and the second.
LIFE = [
    ("building", "scheduling", 0.4),
    ("building", None, 1.2),
    ("active", None, 5.6),
    ("active", "powering-off", 20.3),
    ("stopped", None, 22.1),
    ("stopped", "resize_prep", 30.5),
    ("resized", None, 40.2),
    ("resized", "resize_reverting", 50.0),
    ("stopped", None, 55.9),
    ("stopped", "deleting", 70.7),
    ("deleted", None, 72.2),
]
# State, billable, start, end.
PERIODS = [
    ("Building", False, 0, 6),
    ("Active", True, 6, 20),
    ("Powering-off", True, 20, 22),
    ("Stopped", True, 22, 30),
    ("Resize_prep", False, 30, 40),
    ("Resized", False, 40, 50),
    ("Resize_revert", False, 50, 56),
    ("Stopped", True, 56, 70),
    ("Deleting", False, 70, 72),
]


def truth_of(life: list[tuple[str, str | None, float]]) -> Truth:
    return Truth(Notification("i", vm, task, START + at) for vm, task, at in life)


def stamp(second: float) -> str:
    moment = datetime.datetime.fromtimestamp(START + second, datetime.UTC)
    return moment.isoformat().replace("+00:00", "Z")


def periods_of(rows: list[tuple[Any, ...]], evidence: str = "action") -> list[JSON]:
    return [
        {
            "state": state,
            "billable": billable,
            "started_at": stamp(start),
            "ended_at": None if end is None else stamp(end),
            "evidence": evidence if state else "unknown",
        }
        for state, billable, start, end in rows
    ]


def compared(rows: list[tuple[Any, ...]], reason: Reason | None = None) -> Comparison:
    return compare("i", periods_of(rows), truth_of(LIFE), START + 80, reason or Reason())


@pytest.mark.parametrize(
    ("vm_state", "task_state", "phase"),
    [
        ("building", "spawning", "create"),
        ("active", None, "running"),
        ("active", "shelving", "running"),
        ("shelved", "shelving_offloading", "running"),
        ("shelved_offloaded", "spawning", "offloaded"),
        ("active", "resize_migrating", "resize"),
        ("resized", None, "resize"),
        ("error", "resize_migrating", "error"),
        ("error", "rebooting_hard", "running"),
        ("error", "deleting", "delete"),
        ("soft-delete", None, "delete"),
    ],
)
def test_phases(vm_state: str, task_state: str | None, phase: str) -> None:
    """Each pair of states has one phase."""
    assert phase_of(vm_state, task_state) == phase


def test_order_of_notifications() -> None:
    """The order of arrival does not matter."""
    shuffled = truth_of(list(reversed(LIFE)))
    assert shuffled.changes("i", START + 80) == truth_of(LIFE).changes("i", START + 80)
    assert shuffled.last_pair("i") == ("deleted", None)


def test_good_ledger() -> None:
    """All edges are found, with their errors; the parts of seconds are counted as wrong."""
    seen = compared(PERIODS)
    assert [(edge.name, edge.error) for edge in seen.edges] == [
        ("create to running", 0.4),
        ("running to resize", -0.5),
        ("resize to running", 0.1),
        ("running to delete", -0.7),
    ]
    assert (seen.missed, seen.invented, seen.unknowns, seen.unaccounted) == ([], [], [], 0)
    assert (seen.billed, seen.unbilled) == (38, 34)
    assert seen.true_billed == pytest.approx(39.7)
    assert seen.wrong == pytest.approx(0.4 + 0.5 + 0.1 + 0.7)


def test_missed_edges() -> None:
    """A resize that the ledger does not know is missed, and its seconds are wrong."""
    rows = [*PERIODS[:3], ("Stopped", True, 22, 70), PERIODS[-1]]
    seen = compared(rows)
    assert [edge.name for edge in seen.missed] == ["running to resize", "resize to running"]
    assert seen.wrong == pytest.approx(25.4 + 0.4 + 0.7)


def test_invented_edges() -> None:
    """Edges that only the ledger has are reported."""
    rows = [
        *PERIODS[:1],
        ("Active", True, 6, 10),
        ("Error", False, 10, 15),
        ("Active", True, 15, 20),
    ]
    seen = compared([*rows, *PERIODS[2:]])
    assert [at - START for at in seen.invented] == [10, 15]


@pytest.mark.parametrize(("end", "invented"), [(30.3, []), (34.0, [30])])
def test_edge_at_the_end(end: float, invented: list[int]) -> None:
    """An edge right before the end is not invented: the true one comes right after it."""
    truth = truth_of([row for row in LIFE if row[2] < 30])
    seen = compare("i", periods_of(PERIODS[:5]), truth, START + end, Reason())
    assert [at - START for at in seen.invented] == invented


def test_unknown_period() -> None:
    """Edges beside an unknown period are not compared; the period has its phases and a reason."""
    reason = Reason()
    reason.add_event("i", START + 31, "reset by the operator")
    reason.add_event("other", START + 31, "something else")
    seen = compared([*PERIODS[:4], (None, None, 30, 56), *PERIODS[7:]], reason)
    assert (len(seen.edges), seen.uncompared, seen.missed) == (2, 2, [])
    (unknown,) = seen.unknowns
    assert (unknown.seconds, unknown.reason) == (26, "reset by the operator")
    assert unknown.phases == ["running", "resize", "running"]
    assert compared([*PERIODS[:4], (None, None, 30, 56)]).unknowns[0].reason == "not explained"


def test_short_phase() -> None:
    """A phase of less than two seconds need not be in the ledger, which has whole seconds."""
    life: list[tuple[str, str | None, float]] = [
        ("active", None, 1.0),
        ("error", None, 10.2),
        ("active", None, 11.1),
    ]
    seen = compare(
        "i", periods_of([("Active", True, 1, None)]), truth_of(life), START + 20, Reason()
    )
    assert (seen.missed, seen.uncompared) == ([], 2)


def test_instance_without_notifications() -> None:
    """An instance of which nothing was sent was never billed."""
    seen = compare("i", periods_of(PERIODS[:1]), Truth([]), START + 80, Reason())
    assert (seen.true_billed, seen.wrong, seen.edges) == (0, 0, [])


def test_unaccounted_seconds() -> None:
    """Seconds in no period are counted."""
    assert compared([PERIODS[0], *PERIODS[2:]]).unaccounted == 14


def test_changes_between_readings() -> None:
    """A period with the evidence of an action stays, perhaps joined; an observed one may change."""
    before = periods_of(PERIODS)
    assert changes_of("i", before, before) == []
    joined = periods_of([PERIODS[0], ("Active", True, 6, 30), *PERIODS[2:]])
    assert changes_of("i", before, joined) == []
    unknown = periods_of([*PERIODS[:2], (None, None, 20, 30), *PERIODS[4:]])
    assert len(changes_of("i", before, unknown)) == 2
    renamed = periods_of([*PERIODS[:1], ("Stopped", True, 6, 20), *PERIODS[2:]])
    assert changes_of("i", before, renamed) == []
    assert changes_of("i", periods_of(PERIODS, "observed"), unknown) == []


def reading(**changes: Any) -> Reading:
    usual = Reading("After the walk", [compared(PERIODS)], [], [])
    return dataclasses.replace(usual, **changes)


def test_verdict() -> None:
    """Any deviation is a failure."""
    assert reading().is_passed
    late = [(state, billable, start + 3, end + 3) for state, billable, start, end in PERIODS]
    for changes in (
        {"sums_differ": ["i"]},
        {"changed": ["i"]},
        {"comparisons": [compared(late)]},
        {"comparisons": [compared([*PERIODS[:4], (None, None, 30, 56), *PERIODS[7:]])]},
        {"comparisons": [compared([PERIODS[0], *PERIODS[2:]])]},
    ):
        assert not reading(**changes).is_passed, changes
    result = Result(Options(), [reading()])
    assert result.is_passed
    assert not dataclasses.replace(result, unconfirmed=["i"]).is_passed


def test_late_edges() -> None:
    """The true time is cut to whole seconds as the ledger's is, and both cuts are no error."""
    edge = Edge("i", "running to error", 876.097, "action", -1.097)
    assert not edge.is_late
    assert dataclasses.replace(edge, error=-2.097).is_late
    assert not dataclasses.replace(edge, error=-2.097, evidence="observed").is_late


def test_report() -> None:
    """The page has the edges with their errors, and the unknown periods with their reasons."""
    unknown = compared([*PERIODS[:4], (None, None, 30, 56), *PERIODS[7:]])
    result = Result(Options(), [reading(comparisons=[compared(PERIODS), unknown])])
    page = report.page(result)
    assert (
        "create to running\n     - ``action``\n     - 2\n     - 0.4 s\n     - 0.4 s\n     - 1 s"
        in page
    )
    assert "not explained\n     - 1\n     - 26" in page


def test_notification() -> None:
    """Only messages with the state of an instance count."""
    message = {
        "event_type": "instance.delete.end",
        "timestamp": "2026-11-27 10:00:00.250000",
        "payload": {
            "nova_object.data": {"uuid": "i", "state": "deleted", "task_state": None},
        },
    }
    notification = notification_of(message)
    assert notification is not None
    assert (notification.at % 1, notification.is_deleted) == (0.25, True)
    assert notification_of(message | {"event_type": "service.update"}) is None
    assert notification_of(message | {"payload": {"nova_object.data": {"uuid": "i"}}}) is None


def test_message_bus(tmp_path: Any) -> None:
    """The address comes from the configuration of the gateway."""
    path = tmp_path / "kic-vm.conf"
    path.write_text("[history]\ntransport_url = rabbit://u:p@127.0.0.1:1/?rabbit_quorum_queue=no\n")
    assert message_bus(path) == "amqp://u:p@127.0.0.1:1//"
