# SPDX-License-Identifier: Apache-2.0
"""The volume states: the documented ones, and what Cinder's statuses are answered with."""

from pathlib import Path

import pytest
import yaml

from kic_vm.lifecycle.table import LifecycleTables

# From the documentation: the states; from the clients: the wire values. Billing: see the table.
DOCUMENTED = {
    "Creating": ("creating", False),
    "Active": ("available", True),
    "In-use": ("in_use", True),
    "Reserved": ("reserved", True),
    "Attaching": ("attaching", True),
    "Detaching": ("detaching", True),
    "Extending": ("extending", True),
    "Backing-Up": ("backing_up", True),
    "Uploading": ("uploading", True),
    "Deleting": ("deleting", False),
    "Error": ("error", False),
}
CONSTANTS = yaml.safe_load(Path(__file__).with_name("openstack_constants.yaml").read_text())


def test_every_documented_state_has_one_row(tables: LifecycleTables) -> None:
    """The rows are the 11 documented states, in order, with the clients' wire values."""
    rows = [(row.state, (row.wire, row.billable)) for row in tables.volumes.rows]
    assert rows == list(DOCUMENTED.items())
    in_use = tables.volume_state_by_wire("In_Use")
    assert in_use
    assert in_use.state == "In-use"
    assert tables.volume_state_by_wire("in-use") is None


def test_every_status_of_cinder_has_a_documented_state(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture
) -> None:
    """All statuses of Cinder's list are answered, and none of them with a warning."""
    for status in CONSTANTS["volume_statuses"]:
        assert tables.volume_state(status).state in DOCUMENTED
    assert not caplog.records


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("creating", "Creating"),
        ("downloading", "Creating"),
        ("available", "Active"),
        ("in-use", "In-use"),
        ("reserved", "Reserved"),
        ("awaiting-transfer", "Reserved"),
        ("attaching", "Attaching"),
        ("detaching", "Detaching"),
        ("extending", "Extending"),
        ("retyping", "Extending"),
        ("reverting", "Extending"),
        ("backing-up", "Backing-Up"),
        ("uploading", "Uploading"),
        ("deleting", "Deleting"),
        ("unmanaging", "Deleting"),
        ("error", "Error"),
        ("error_restoring", "Error"),
        ("error_extending", "Error"),
    ],
)
def test_the_statuses_of_cinder(tables: LifecycleTables, status: str, state: str) -> None:
    """Each status shows the documented state that agrees on whether the storage is there."""
    assert tables.volume_state(status).state == state


@pytest.mark.parametrize(
    ("status", "state"),
    [("available", "Backing-Up"), ("in-use", "Backing-Up"), ("deleting", "Deleting")],
)
def test_a_running_snapshot_is_told_by_the_caller(
    tables: LifecycleTables, status: str, state: str
) -> None:
    """A volume at rest of which a snapshot is being created is Backing-Up."""
    assert tables.volume_state(status, snapshot_in_progress=True).state == state


def test_reserved_is_the_first_step_of_an_attachment(tables: LifecycleTables) -> None:
    """Reserved means a terminated instance; while an attachment is being made it is Attaching."""
    assert tables.volume_state("reserved", attach_in_progress=True).state == "Attaching"
    assert tables.volume_state("in-use", attach_in_progress=True).state == "In-use"


@pytest.mark.parametrize("status", ["shrinking", "", None])
def test_an_unknown_status_is_an_error_and_not_billed(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture, status: str
) -> None:
    """A status of a newer Cinder is answered with Error, not billed, and logged once."""
    for _ in range(3):
        row = tables.volume_state(status)
        assert (row.state, row.billable) == ("Error", False)
    assert len(caplog.records) == 1


def test_the_commands_are_allowed_where_the_clients_expect_them(tables: LifecycleTables) -> None:
    """Each command is allowed in the states in which the official clients give it."""
    allowing = {
        action: {row.state for row in tables.volumes.rows if row.allows(action)}
        for action in tables.volumes.actions
    }
    at_rest = {"Active", "In-use"}
    assert allowing == {
        "attach": {"Active"},
        "detach": {"In-use", "Reserved"},
        "extend": at_rest,
        "create-snapshot": at_rest,
        "create-image": at_rest,
        "update": set(DOCUMENTED) - {"Deleting"},
        "delete": {"Active", "Error"},
    }


def test_the_statuses_behind_a_state(tables: LifecycleTables) -> None:
    """A filter by status asks Cinder for every status of the state, conditional ones included."""
    backing_up = tables.volume_state_by_wire("backing_up")
    assert backing_up
    assert tables.openstack_statuses(backing_up) == {"backing-up", "available", "in-use"}
