# SPDX-License-Identifier: Apache-2.0
"""The instance states: the documented ones, what Nova's pairs are answered with, and why."""

import itertools
import logging
from pathlib import Path

import pytest
import yaml

from kic_vm.lifecycle.model import InstancePair
from kic_vm.lifecycle.table import LifecycleTables
from tests.unit.completeness import assert_complete

# From the documentation, on purpose not from the table: state, billed.
DOCUMENTED = {
    "Active": True,
    "Shelved_offloaded": False,
    "Stopped": True,
    "Error": False,
    "Building": False,
    "Starting": False,
    "Scheduling": False,
    "Block_device_mapping": False,
    "Networking": False,
    "Spawning": False,
    "Rebooting": True,
    "Reboot_started": True,
    "Rebooting_hard": True,
    "Rebooting_started_hard": True,
    "Shelving": True,
    "Unshelving": False,
    "Powering-off": True,
    "Powering-on": True,
    "Resize_prep": False,
    "Resize_migrating": False,
    "Resize_migrated": False,
    "Resize_finished": False,
    "Resized": False,
    "Resize_confirm": False,
    "Resize_revert": False,
    "Deleting": False,
}
CONSTANTS = yaml.safe_load(Path(__file__).with_name("openstack_constants.yaml").read_text())
PAIRS = list(itertools.product(CONSTANTS["vm_states"], [None, *CONSTANTS["task_states"]]))


def test_every_documented_state_has_one_row_with_its_billing_flag(tables: LifecycleTables) -> None:
    """The rows are the 26 documented states, in order, 9 of them billed, and no others."""
    assert [(row.state, row.billable) for row in tables.instances.rows] == list(DOCUMENTED.items())
    assert sum(row.billable for row in tables.instances.rows) == 9


def test_the_wire_value_is_the_documented_name_in_lower_case(tables: LifecycleTables) -> None:
    """A client filters by, and gets, the documented name in lower case."""
    for state in DOCUMENTED:
        row = tables.instance_state_by_wire(state.lower())
        assert row
        assert row.state == state
    offloaded = tables.instance_state_by_wire("SHELVED_OFFLOADED")
    assert offloaded
    assert offloaded.state == "Shelved_offloaded"
    assert tables.instance_state_by_wire("shutoff") is None


def test_every_pair_of_nova_has_a_documented_state(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture
) -> None:
    """All 516 pairs of Nova's constants are answered, and none of them with a warning."""
    for vm_state, task_state in PAIRS:
        assert tables.instance_state(vm_state, task_state).state in DOCUMENTED
    assert len(PAIRS) == 12 * 43
    assert not caplog.records


def test_the_known_words_are_those_of_nova(tables: LifecycleTables) -> None:
    """The table lists Nova's words and no word that Nova has not."""
    pairs = {pair for pair in tables.instances.index if pair.task_state != "*"}
    assert pairs == set(PAIRS)


def test_every_documented_state_can_be_seen(tables: LifecycleTables) -> None:
    """Each state is the answer for some pair, except Building, which is Nova's to come."""
    seen = {tables.instance_state(*pair).state for pair in PAIRS}
    assert seen == set(DOCUMENTED)


@pytest.mark.parametrize(
    ("vm_state", "task_state", "state"),
    [
        ("active", None, "Active"),
        ("building", "scheduling", "Scheduling"),
        ("building", None, "Starting"),
        ("building", "networking", "Networking"),
        ("building", "block_device_mapping", "Block_device_mapping"),
        ("building", "spawning", "Spawning"),
        ("building", "rebuilding", "Building"),
        ("stopped", None, "Stopped"),
        ("active", "powering-off", "Powering-off"),
        ("stopped", "powering-on", "Powering-on"),
        ("active", "rebooting", "Rebooting"),
        ("active", "reboot_pending", "Rebooting"),
        ("active", "reboot_started", "Reboot_started"),
        ("active", "rebooting_hard", "Rebooting_hard"),
        ("stopped", "reboot_pending_hard", "Rebooting_hard"),
        ("error", "reboot_started_hard", "Rebooting_started_hard"),
        ("active", "shelving", "Shelving"),
        ("stopped", "shelving_offloading", "Shelving"),
        ("shelved_offloaded", None, "Shelved_offloaded"),
        ("shelved_offloaded", "unshelving", "Unshelving"),
        ("shelved_offloaded", "spawning", "Unshelving"),
        ("stopped", "resize_prep", "Resize_prep"),
        ("active", "resize_migrating", "Resize_migrating"),
        ("active", "resize_migrated", "Resize_migrated"),
        ("active", "resize_finish", "Resize_finished"),
        ("resized", None, "Resized"),
        ("resized", "resize_confirming", "Resize_confirm"),
        ("resized", "resize_reverting", "Resize_revert"),
        ("error", None, "Error"),
    ],
)
def test_the_pairs_of_the_documented_commands(
    tables: LifecycleTables, vm_state: str, task_state: str | None, state: str
) -> None:
    """Each step of a documented command shows its documented state."""
    assert tables.instance_state(vm_state, task_state).state == state


@pytest.mark.parametrize("vm_state", CONSTANTS["vm_states"])
@pytest.mark.parametrize("task_state", ["deleting", "soft-deleting"])
def test_whatever_is_being_deleted_is_deleting(
    tables: LifecycleTables, vm_state: str, task_state: str | None
) -> None:
    """A deletion shows as Deleting and is not billed, whatever was before."""
    row = tables.instance_state(vm_state, task_state)
    assert (row.state, row.billable, row.allowed_actions) == ("Deleting", False, ())


@pytest.mark.parametrize(
    ("vm_state", "task_state"),
    [
        ("active", "image_snapshot"),
        ("active", "updating_password"),
        ("active", "migrating"),
        ("active", "rebuild_spawning"),
        ("active", "pausing"),
        ("paused", None),
        ("paused", "migrating"),
        ("suspended", None),
        ("suspended", "resuming"),
        ("rescued", None),
        ("rescued", "unrescuing"),
        ("shelved", None),
        ("shelved", "shelving_offloading"),
        ("shelved", "unshelving"),
        ("shelved", "powering-on"),
        ("soft-delete", "restoring"),
    ],
)
def test_what_holds_the_hypervisors_resources_is_billed(
    tables: LifecycleTables, vm_state: str, task_state: str | None
) -> None:
    """A state that only Nova has is billed when the machine keeps its place on the hypervisor."""
    assert tables.instance_state(vm_state, task_state).billable


def test_a_shelved_instance_is_terminated_only_when_it_is_offloaded(
    tables: LifecycleTables,
) -> None:
    """Shelved alone still holds its resources: Shelving, billed, not Shelved_offloaded."""
    assert tables.instance_state("shelved", None).state == "Shelving"
    assert not tables.instance_state("shelved_offloaded", None).billable


def test_the_last_step_of_a_revert_is_not_a_stop(tables: LifecycleTables) -> None:
    """Reverting an instance that was resized while stopped ends in a power-off: Resize_revert."""
    assert tables.instance_state("resized", "powering-off").state == "Resize_revert"


def test_a_task_left_over_from_a_failure_is_an_error(tables: LifecycleTables) -> None:
    """A broken resize keeps its task_state in vm_state error, and is still Error."""
    assert tables.instance_state("error", "resize_migrating").state == "Error"


def test_a_running_confirmation_is_told_by_the_caller(tables: LifecycleTables) -> None:
    """Nova shows a resize being confirmed as one that waits; the caller's word decides."""
    assert tables.instance_state("resized", None).state == "Resized"
    assert tables.instance_state("resized", None, confirm_in_progress=True).state == (
        "Resize_confirm"
    )
    assert tables.instance_state("stopped", None, confirm_in_progress=True).state == "Stopped"


def test_an_unknown_task_is_decided_by_the_vm_state(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture
) -> None:
    """A task of a newer Nova leaves the machine where it is, and is logged once."""
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert tables.instance_state("active", "defragmenting").state == "Active"
            assert tables.instance_state("building", "warming-up").state == "Building"
    assert len(caplog.records) == 2
    assert "'defragmenting'" in caplog.text
    assert "Active" in caplog.text


@pytest.mark.parametrize("vm_state", ["hibernated", "", None])
def test_an_unknown_vm_state_is_an_error_and_not_billed(
    tables: LifecycleTables, caplog: pytest.LogCaptureFixture, vm_state: str
) -> None:
    """Nobody can vouch for a vm_state that is not known: Error, not billed, logged once."""
    for task_state in (None, None, "spawning", "spawning"):
        row = tables.instance_state(vm_state, task_state)
        assert (row.state, row.billable) == ("Error", False)
    assert len(caplog.records) == 2


def test_the_documented_commands_are_allowed_where_they_are_documented(
    tables: LifecycleTables,
) -> None:
    """Each command is allowed in its documented states and in those chosen beside them."""
    allowing = {
        action: {row.state for row in tables.instances.rows if row.allows(action)}
        for action in tables.instances.actions
    }
    assert allowing.pop("delete") == set(DOCUMENTED) - {"Deleting"}
    assert allowing.pop("update") == set(DOCUMENTED) - {"Deleting", "Scheduling"}
    file = Path(__file__).parent / "expected_commands.yaml"
    expected = yaml.safe_load(file.read_text())
    assert_complete(allowing, expected, "tests/unit/lifecycle/expected_commands.yaml")
    assert allowing == {command: set(row["allowed_in"]) for command, row in expected.items()}


def test_the_pairs_behind_a_state_lead_back_to_it(tables: LifecycleTables) -> None:
    """A filter by status may ask for the state's pairs: together they are all that Nova has."""
    found: list[InstancePair] = []
    for row in tables.instances.rows:
        pairs = tables.openstack_pairs(row)
        plain = {pair for pair in pairs if tables.instance_state(*pair).state == row.state}
        found += plain
        for pair in pairs - plain:
            assert tables.instance_state(*pair, confirm_in_progress=True) is row
    assert len(found) == len(PAIRS)
    assert set(found) == set(PAIRS)
