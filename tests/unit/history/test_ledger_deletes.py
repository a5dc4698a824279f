# SPDX-License-Identifier: Apache-2.0
"""The ledger: how a life ends, by each kind of delete."""

from kic_vm.history import ledger
from tests.unit.history.ledger_reads import CREATE, NOW, read, shown
from tests.unit.history.nova_life import action, second, server


def test_delete_during_create() -> None:
    """A delete ends what was running, from its request on."""
    of = server(state=None, was_launched=False, ended_at=second(40))
    assert read(of, action("create", 0, 40), action("delete", 5, 40)) == [
        ("Building", 0, 5, "action"),
        ("Deleting", 5, 40, "action"),
    ]


def test_second_delete() -> None:
    """A second delete does not bill the time before it."""
    of = server(state=None, ended_at=second(60))
    assert read(of, CREATE, action("delete", 50, 60), action("delete", 55, 60))[-1] == (
        "Deleting",
        50,
        60,
        "action",
    )


def test_fast_delete() -> None:
    """A delete within one second is shown, for its command."""
    of = server(state=None, ended_at=second(50))
    periods = ledger.periods(of, [CREATE, action("delete", 50, 50)], [], NOW)
    assert shown(periods)[-2:] == [("Active", 10, 50, "action"), ("Deleting", 50, 50, "action")]
    assert periods[-1].action == action("delete", 50, 50)


def test_delete_of_a_resized_instance() -> None:
    """Nova confirms the resize within the delete, under the same request: no second is billed."""
    of = server(state=None, ended_at=second(103))
    periods = read(
        of,
        CREATE,
        action("resize", 50, 60),
        action("confirmResize", 100, 103),
        action("delete", 100, 103),
    )
    assert periods[-2:] == [("Resized", 60, 100, "action"), ("Deleting", 100, 103, "action")]


def test_local_delete() -> None:
    """The delete of a terminated instance has no events: it is gone at its terminated_at."""
    of = server(state=None, ended_at=second(200))
    periods = read(of, CREATE, action("shelve", 50, 60), action("delete", 199, 199))
    assert periods[-2:] == [
        ("Shelved_offloaded", 60, 199, "action"),
        ("Deleting", 199, 200, "action"),
    ]
