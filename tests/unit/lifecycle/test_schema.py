# SPDX-License-Identifier: Apache-2.0
"""A wrong table is refused, with a sentence that names the row."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kic_vm import data_files
from kic_vm.data_files import DataFileError
from kic_vm.lifecycle import schema, table
from kic_vm.lifecycle.model import LifecycleTableError

JSON = dict[str, Any]
INSTANCES = table.read_file(table.INSTANCE_FILE)
VOLUMES = table.read_file(table.VOLUME_FILE)


def row(data: JSON, state: str) -> JSON:
    return next(row for row in data["states"] if row["state"] == state)


def drop_row(data: JSON) -> None:
    data["states"].remove(row(data, "Unshelving"))


def double_row(data: JSON) -> None:
    data["states"].append(copy.deepcopy(row(data, "Active")))


def undocumented_row(data: JSON) -> None:
    data["states"].append({**copy.deepcopy(row(data, "Active")), "state": "Paused"})


def double_pair(data: JSON) -> None:
    row(data, "Stopped")["openstack"].append({"vm_state": "active", "task_state": None})


def double_pair_in_one_row(data: JSON) -> None:
    row(data, "Stopped")["openstack"].append({"vm_state": "stopped", "task_state": None})


def ambiguous_fallback(data: JSON) -> None:
    row(data, "Stopped")["openstack"].append({"vm_state": "active", "task_state": "*"})


def missing_fallback(data: JSON) -> None:
    row(data, "Building")["openstack"] = [{"vm_state": "building", "task_state": "rebuilding"}]


def unknown_vm_state(data: JSON) -> None:
    row(data, "Stopped")["openstack"].append({"vm_state": "shutoff", "task_state": None})


def unknown_task_state(data: JSON) -> None:
    row(data, "Stopped")["openstack"].append({"vm_state": "stopped", "task_state": "powering_on"})


def unknown_action(data: JSON) -> None:
    row(data, "Active")["allowed_actions"].append("fly")


def doubled_action(data: JSON) -> None:
    row(data, "Active")["allowed_actions"].append("stop")


def missing_meaning(data: JSON) -> None:
    del row(data, "Active")["meaning"]["ko"]


def empty_meaning(data: JSON) -> None:
    row(data, "Active")["meaning"]["en"] = " "


def unknown_key(data: JSON) -> None:
    row(data, "Active")["bilable"] = True


def billable_text(data: JSON) -> None:
    row(data, "Active")["billable"] = "yes"


def no_pairs(data: JSON) -> None:
    row(data, "Active")["openstack"] = []


def other_wire(data: JSON) -> None:
    row(data, "Powering-off")["wire"] = "powering_off"


def unknown_condition(data: JSON) -> None:
    row(data, "Resize_confirm")["openstack_when"][0]["when"] = "moon_is_full"


def unused_condition(data: JSON) -> None:
    del row(data, "Resize_confirm")["openstack_when"]


def unknown_answer(data: JSON) -> None:
    data["unknown"] = "Unknown"


def allowed_without_a_way(data: JSON) -> None:
    row(data, "Error")["allowed_actions"].append("stop")


def way_from_where_it_is_not_allowed(data: JSON) -> None:
    data["actions"]["stop"][0]["from"] = ["Active", "Error"]


def way_to_nowhere(data: JSON) -> None:
    data["actions"]["stop"][0]["ends_in"] = "Shutoff"


def action_that_nobody_allows(data: JSON) -> None:
    data["actions"]["fly"] = []


def unknown_limit(data: JSON) -> None:
    row(data, "Active")["openstack"][1]["limit"] = "locked"


def unknown_stated_limit(data: JSON) -> None:
    row(data, "Active")["limited_when"] = ["locked"]


def limit_that_nobody_states(data: JSON) -> None:
    row(data, "Active")["limited_when"] = ["paused"]


def limit_that_is_not_used(data: JSON) -> None:
    del row(data, "Error")["openstack"][1]["limit"]


def stated_limit_that_is_not_used(data: JSON) -> None:
    for one in data["states"]:
        one.pop("limited_when", None)


def limit_of_an_unknown_action(data: JSON) -> None:
    data["limits"]["paused"]["allows"].append("unpause")


def limit_without_a_reason(data: JSON) -> None:
    del data["limits"]["paused"]["reason"]


def limit_without_a_korean_reason(data: JSON) -> None:
    data["limits"]["paused"]["reason"]["ko"] = ""


def limits_in_a_list(data: JSON) -> None:
    data["limits"] = ["paused"]


def row_that_is_no_mapping(data: JSON) -> None:
    data["states"][2] = "Stopped"


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (drop_row, "instances: the documented state Unshelving has no row"),
        (double_row, "instances, state Active: it has more than one row"),
        (undocumented_row, "instances, state Paused: not a documented state"),
        (double_pair, "instances, state Stopped: .*'active'.*None.* already listed by Active"),
        (double_pair_in_one_row, "instances, state Stopped: .* already listed by Stopped"),
        (ambiguous_fallback, "instances, state Stopped: .*'active'.*'\\*'.* listed by Active"),
        (missing_fallback, "instances: no row lists vm_state 'building' with task_state '\\*'"),
        (unknown_vm_state, "instances, state Stopped: unknown vm_state 'shutoff'"),
        (unknown_task_state, "instances, state Stopped: unknown task_state 'powering_on'"),
        (unknown_action, "instances, state Active: unknown action 'fly'"),
        (doubled_action, "instances, state Active, allowed_actions: 'stop' is listed twice"),
        (missing_meaning, "instances, state Active, meaning: ko is missing"),
        (empty_meaning, "instances, state Active, meaning in English: expected a text"),
        (unknown_key, "instances, state Active: unknown key 'bilable'"),
        (billable_text, "instances, state Active: billable must be true or false"),
        (no_pairs, "instances, state Active: openstack must list at least one entry"),
        (other_wire, "instances, state Powering-off: wire must be 'powering-off'"),
        (unknown_condition, "instances, state Resize_confirm: unknown condition 'moon_is_full'"),
        (unused_condition, "instances: no row says what confirm_in_progress changes"),
        (unknown_answer, "instances, unknown: unknown state 'Unknown'"),
        (allowed_without_a_way, "instances, action stop: .* correct Error"),
        (way_from_where_it_is_not_allowed, "instances, action stop: .* correct Error"),
        (way_to_nowhere, "instances, action stop: unknown state 'Shutoff'"),
        (action_that_nobody_allows, "instances, action fly: no state allows it"),
        (unknown_limit, "instances, state Active: unknown limit 'locked'"),
        (unknown_stated_limit, "instances, state Active: unknown limit 'locked'"),
        (limit_that_nobody_states, "instances: limited_when paused: no caller passes this limit"),
        (limit_that_is_not_used, "instances: no row uses the limit task_left_over"),
        (stated_limit_that_is_not_used, "instances: no row is limited_when never_launched"),
        (limit_of_an_unknown_action, "instances, limits, paused: unknown action 'unpause'"),
        (limit_without_a_reason, "instances, limits, paused: reason is missing"),
        (
            limit_without_a_korean_reason,
            "instances, limits, paused, reason in Korean: expected a text",
        ),
        (limits_in_a_list, "instances, limits: expected a mapping"),
        (row_that_is_no_mapping, "instances, row 3 of states: expected a mapping"),
    ],
)
def test_a_wrong_instance_table_is_refused(break_it: Callable[[JSON], None], sentence: str) -> None:
    """The start-up stops with a sentence that names the place of the mistake."""
    data = copy.deepcopy(INSTANCES)
    break_it(data)
    with pytest.raises(LifecycleTableError, match=sentence):
        schema.read_instance_table(data, "instances")


@pytest.mark.parametrize(
    "key", ["known", "conditions", "limits", "unknown", "actions", "events", "states"]
)
def test_every_part_of_the_table_is_needed(key: str) -> None:
    """A table without one of its parts is refused by the name of that part."""
    data = copy.deepcopy(INSTANCES)
    del data[key]
    with pytest.raises(LifecycleTableError, match=f"instances: {key} is missing"):
        schema.read_instance_table(data, "instances")


def test_a_status_of_cinder_without_a_row_is_refused() -> None:
    """A known status that no row lists stops the start with its name."""
    data = copy.deepcopy(VOLUMES)
    del row(data, "Extending")["openstack"][0]["status"][-1]
    with pytest.raises(LifecycleTableError, match="volumes: no row lists status 'reverting'"):
        schema.read_volume_table(data, "volumes")


def test_a_status_of_cinder_in_two_rows_is_refused() -> None:
    """A status that two rows list stops the start with the names of both rows."""
    data = copy.deepcopy(VOLUMES)
    row(data, "Error")["openstack"].append({"status": "reserved"})
    with pytest.raises(LifecycleTableError, match=r"state Error: reserved .* listed by Reserved"):
        schema.read_volume_table(data, "volumes")


def test_a_wire_value_belongs_to_one_state() -> None:
    """Two states with one wire value could not be told apart by a filter, so it is refused."""
    data = copy.deepcopy(VOLUMES)
    row(data, "Error")["wire"] = "reserved"
    with pytest.raises(LifecycleTableError, match=r"state Error: reserved .* listed by Reserved"):
        schema.read_volume_table(data, "volumes")


def test_a_key_given_twice_is_refused() -> None:
    """YAML would keep the last of two equal keys; the table does not accept that."""
    with pytest.raises(DataFileError, match=r"(?s)^states\.yaml: .*'billable' is given twice"):
        data_files.parse("billable: true\nbillable: false\n", "states.yaml")


def test_what_is_not_yaml_is_refused() -> None:
    """A file that cannot be read is refused by its name."""
    with pytest.raises(DataFileError, match=r"^states\.yaml: not readable as YAML"):
        data_files.parse("a: [", "states.yaml")
