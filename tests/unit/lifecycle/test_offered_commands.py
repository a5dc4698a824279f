# SPDX-License-Identifier: Apache-2.0
"""What is offered is what Nova and Cinder accept, in every state that they can show."""

import itertools
from pathlib import Path

import pytest
import yaml

from kic_vm.lifecycle import limits
from kic_vm.lifecycle.table import LifecycleTables
from tests.unit.completeness import assert_complete

DIRECTORY = Path(__file__).parent
CONSTANTS = yaml.safe_load((DIRECTORY / "openstack_constants.yaml").read_text())
NOVA = yaml.safe_load((DIRECTORY / "nova_accepts.yaml").read_text())
PAIRS = list(itertools.product(CONSTANTS["vm_states"], [None, *CONSTANTS["task_states"]]))
COMMANDS = yaml.safe_load((DIRECTORY / "expected_commands.yaml").read_text())
# In which statuses Cinder 29 accepts each command (cinder/volume/api.py).
CINDER = {
    "attach": {"available", "downloading"},
    "detach": {"in-use", "reserved"},
    "extend": {"available", "in-use"},
    "create-snapshot": {"available", "in-use"},
    "create-image": {"available", "in-use"},
    "update": set(CONSTANTS["volume_statuses"]) - {"maintenance"},
    "delete": {"available", "error", "error_restoring", "error_extending", "error_managing"},
}


def nova_accepts(
    command: str, vm_state: str, task_state: str | None, has_launched: bool = True
) -> bool:
    """Whether Nova accepts a command in a state."""
    if command == "update":  # no decorator: a name can always be changed
        return True
    method: str | None
    if command == "delete":
        method = "delete"
    elif "methods" in COMMANDS[command]:
        method = COMMANDS[command]["methods"].get(vm_state)
    else:
        method = COMMANDS[command]["method"]
    if method is None:
        return False
    rule = NOVA[method]
    return (
        (rule["vm_states"] is None or vm_state in rule["vm_states"])
        and (rule["task_states"] is None or task_state in rule["task_states"])
        and (has_launched or not rule["must_have_launched"])
    )


def test_every_command_of_the_table_is_known_here(tables: LifecycleTables) -> None:
    """A new command has to be compared with Nova, too."""
    assert_complete(
        set(tables.instances.actions) - {"update", "delete"},
        COMMANDS,
        "tests/unit/lifecycle/expected_commands.yaml",
    )
    methods = {
        method
        for row in COMMANDS.values()
        for method in row.get("methods", {"": row.get("method")}).values()
    }
    assert_complete({*methods, "delete"}, NOVA, "tests/unit/lifecycle/nova_accepts.yaml")
    assert set(tables.volumes.actions) == set(CINDER)


@pytest.mark.parametrize("has_launched", [True, False])
def test_nova_accepts_every_offered_command(tables: LifecycleTables, has_launched: bool) -> None:
    """In each of Nova's pairs, no command is offered that Nova would refuse for the state."""
    stated = () if has_launched else (limits.NEVER_LAUNCHED,)
    wrong = [
        (vm_state, task_state, command)
        for vm_state, task_state in PAIRS
        for command in tables.instance_state(vm_state, task_state, limits=stated).allowed_actions
        if not nova_accepts(command, vm_state, task_state, has_launched)
    ]
    assert wrong == []


def test_a_limit_takes_away_only_what_nova_refuses(tables: LifecycleTables) -> None:
    """Of an instance at rest, each command of its documented state that Nova accepts is offered."""
    withheld = [
        (vm_state, command)
        for vm_state in CONSTANTS["vm_states"]
        for row in [tables.instance_state(vm_state, None)]
        for command in next(
            one for one in tables.instances.rows if one.state == row.state
        ).allowed_actions
        if nova_accepts(command, vm_state, None) and not row.allows(command)
    ]
    assert withheld == []


def test_an_instance_that_never_ran_can_only_be_deleted(tables: LifecycleTables) -> None:
    """Error without a first launch: delete, and the reason."""
    row = tables.instance_state("error", None, limits=(limits.NEVER_LAUNCHED,))
    assert (row.state, row.allowed_actions) == ("Error", ("delete",))
    assert [limit.name for limit in row.limits] == ["never_launched"]


@pytest.mark.parametrize("vm_state", ["active", "stopped", "paused", "shelved_offloaded"])
def test_a_reset_state_does_not_make_it_usable(tables: LifecycleTables, vm_state: str) -> None:
    """An operator can reset the state of an instance that never ran; Nova still refuses."""
    row = tables.instance_state(vm_state, None, limits=(limits.NEVER_LAUNCHED,))
    assert row.allowed_actions == ("delete",)


def test_being_launched_for_the_first_time_is_no_limit(tables: LifecycleTables) -> None:
    """While it is built, an instance has never been launched either."""
    for task_state in (None, "scheduling", "spawning"):
        row = tables.instance_state("building", task_state, limits=(limits.NEVER_LAUNCHED,))
        assert row is tables.instance_state("building", task_state)


@pytest.mark.parametrize(
    ("vm_state", "task_state", "name"),
    [
        ("paused", None, "paused"),
        ("suspended", None, "suspended"),
        ("rescued", None, "rescued"),
        ("rescued", "image_uploading", "rescued"),
        ("active", "migrating", "busy"),
        ("active", "defragmenting", "busy"),
        ("stopped", "image_snapshot", "busy"),
        ("paused", "migrating", "busy"),
        ("shelved_offloaded", "image_uploading", "busy"),
        ("resized", "updating_password", "busy"),
        ("error", "resize_migrating", "task_left_over"),
        ("active", None, None),
        ("stopped", None, None),
        ("error", None, None),
    ],
)
def test_the_limit_of_a_pair(
    tables: LifecycleTables, vm_state: str, task_state: str | None, name: str
) -> None:
    """What OpenStack shows beside the documented states has a limit with a reason."""
    row = tables.instance_state(vm_state, task_state)
    assert [limit.name for limit in row.limits] == ([] if name is None else [name])


def test_a_limit_leaves_the_documented_state_and_its_billing(tables: LifecycleTables) -> None:
    """Fewer commands, nothing else."""
    for pair in PAIRS:
        row = tables.instance_state(*pair)
        documented = next(one for one in tables.instances.rows if one.state == row.state)
        assert (row.wire, row.billable) == (documented.wire, documented.billable)
        assert set(row.allowed_actions) <= set(documented.allowed_actions)


def test_a_soft_deleted_instance_is_deleted_for_its_user(tables: LifecycleTables) -> None:
    """Not billed, no command; being restored it is billed again."""
    row = tables.instance_state("soft-delete", None)
    assert (row.state, row.billable, row.allowed_actions) == ("Deleting", False, ())
    assert tables.instance_state("soft-delete", "restoring").billable


def test_cinder_accepts_every_offered_command(tables: LifecycleTables) -> None:
    """In each of Cinder's statuses, no command is offered that Cinder would refuse for it."""
    wrong = [
        (status, command)
        for status in CONSTANTS["volume_statuses"]
        for command in tables.volume_state(status).allowed_actions
        if status not in CINDER[command]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("status", "stated", "withheld"),
    [
        ("in-use", limits.ROOT, {"detach"}),
        ("reserved", limits.ROOT, {"detach"}),
        ("in-use", limits.INSTANCE_NOT_READY, {"detach"}),
        ("in-use", limits.NOT_BOOTABLE, {"create-image"}),
        ("available", limits.NOT_BOOTABLE, {"create-image"}),
        ("error", limits.STILL_ATTACHED, {"delete"}),
        ("in-use", limits.STILL_ATTACHED, set()),
        ("extending", limits.ROOT, set()),
    ],
)
def test_what_the_status_of_a_volume_does_not_show(
    tables: LifecycleTables, status: str, stated: str, withheld: set[str]
) -> None:
    """The caller of the lookup states it, and each limit takes away its own command."""
    before = tables.volume_state(status)
    after = tables.volume_state(status, limits=(stated,))
    assert set(before.allowed_actions) - set(after.allowed_actions) == withheld
    assert [limit.name for limit in after.limits] == ([stated] if withheld else [])


def test_limits_add_up(tables: LifecycleTables) -> None:
    """A root volume that is not bootable any more has two reasons."""
    row = tables.volume_state("in-use", limits=(limits.NOT_BOOTABLE, limits.ROOT))
    assert row.allowed_actions == ("extend", "create-snapshot", "update")
    assert {limit.name for limit in row.limits} == {"root", "not_bootable"}
