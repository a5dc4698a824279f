# SPDX-License-Identifier: Apache-2.0
"""The table of edges: total, consistent, and refused with the row's number if it is wrong."""

import copy
import importlib.resources
from typing import Any

import pytest
import yaml

from kic_vm.data_files import DataFileError, parse
from kic_vm.history import edges
from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.lifecycle.table import load_tables

BILLABLE = {row.state: row.billable for row in load_tables().instances.rows}
# nova/compute/instance_actions.py of Nova 34.
NOVA_ACTIONS = [
    "create",
    "delete",
    "evacuate",
    "restore",
    "stop",
    "start",
    "reboot",
    "rebuild",
    "revertResize",
    "confirmResize",
    "resize",
    "migrate",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "rescue",
    "unrescue",
    "changePassword",
    "shelve",
    "shelveOffload",
    "unshelve",
    "live-migration",
    "live_migration_cancel",
    "live_migration_force_complete",
    "trigger_crash_dump",
    "extend_volume",
    "attach_interface",
    "detach_interface",
    "attach_volume",
    "detach_volume",
    "attach_share",
    "detach_share",
    "swap_volume",
    "lock",
    "unlock",
    "createBackup",
    "createImage",
    "resetState",
    "refresh_volume_attachment",
]


def data() -> Any:
    """The shipped table as plain data."""
    with (importlib.resources.files("kic_vm.history") / edges.FILE).open() as file:
        return copy.deepcopy(yaml.safe_load(file))


def test_total() -> None:
    """The table has every action of Nova, and no other."""
    table = edges.load_edges()
    assert sorted(table.starts.keys() | table.without) == sorted(NOVA_ACTIONS)


def test_phases_have_the_billing_of_their_edge() -> None:
    """Nova's list has no times for phases, so they may not differ in what is billed."""
    for rows in edges.load_edges().starts.values():
        for row in rows:
            if len(row.to) == 1:
                assert {BILLABLE[state] for state in row.phases} <= {BILLABLE[row.to[0]]}, row


@pytest.mark.parametrize("outcome", [True, False])
def test_ends(outcome: bool) -> None:
    """Each action that has an end says how it ends, with and without a failure."""
    table = edges.load_edges()
    for action, rows in table.ends.items():
        if action != "delete" or outcome:
            assert any(row.is_failure is outcome for row in rows), action


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"to": "Asleep"}, r"row 4 of edges \(stop\): unknown state 'Asleep'"),
        ({"field": "launched_at"}, "unknown field 'launched_at'"),
        ({"from": "Asleep"}, "unknown state 'Asleep'"),
        ({"outcome": "success"}, "unknown outcome 'success'"),
        ({"root": "tape"}, "unknown root 'tape'"),
        (
            {"to": "Active"},
            "stop: no start_time row leads to the from states of its updated_at rows",
        ),
        ({"because": "so"}, "unknown key 'because'"),
        ({"action": "lock"}, "lock has edges and is listed without_edges"),
        ({"reason": ""}, "reason: expected a text"),
    ],
)
def test_wrong_row(change: dict[str, Any], sentence: str) -> None:
    """A wrong row stops the start with a sentence that names it."""
    table = data()
    table["edges"][3] |= change
    with pytest.raises(LifecycleTableError, match=sentence):
        edges.read(table, edges.FILE)


def test_duplicate_keys() -> None:
    """A key that is given twice is refused."""
    with pytest.raises(DataFileError):
        parse("edges: []\nedges: []", edges.FILE)
