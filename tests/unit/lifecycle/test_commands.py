# SPDX-License-Identifier: Apache-2.0
"""The commands that take no arguments: one row each, and a wrong row is refused."""

import copy
import importlib.resources
import json
from typing import Any

import pytest
import yaml

from kic_vm.lifecycle import commands
from kic_vm.lifecycle.model import LifecycleTableError
from kic_vm.lifecycle.table import load_tables

TEXT = importlib.resources.files("kic_vm.lifecycle").joinpath(commands.FILE).read_text("utf-8")


def test_allowed_somewhere() -> None:
    """Each command is one of those that the instance states allow."""
    missing = set(commands.load_commands()) - set(load_tables().instances.actions)
    assert not missing, f"add to the actions of instance_states.yaml: {sorted(missing)}"


def test_vm_states_known() -> None:
    """The vm_states that need another server action are Nova's."""
    known = {pair.vm_state for pair in load_tables().instances.index}
    for command in commands.load_commands().values():
        assert set(command.nova_by_vm_state) <= known


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"operation": None}, "stop, operation: expected a text"),
        ({"description": " "}, "stop, description: expected a text"),
        ({"nova": {}}, "stop, nova: expected one server action"),
        ({"nova": {"os-stop": None, "os-start": None}}, "stop, nova: expected one server action"),
        ({"nova_by_vm_state": {"paused": "unpause"}}, "nova_by_vm_state paused: expected one"),
        ({"recorded_as": "stop"}, "stop, recorded_as: expected a list"),
        ({"recorded_as": ["stop", "stop"]}, "'stop' is listed twice"),
        ({"path": "/stop"}, "stop: unknown key 'path'"),
        ({"nova_by_vm_state": ["paused"]}, "nova_by_vm_state: expected a mapping"),
    ],
    ids=json.dumps,
)
def test_wrong_row(change: dict[str, Any], problem: str) -> None:
    """The sentence names the file, the command and the field."""
    data = copy.deepcopy(yaml.safe_load(TEXT))
    data["stop"].update(change)
    with pytest.raises(LifecycleTableError, match=f"commands.yaml, .*{problem}"):
        commands.read(data, commands.FILE)


def test_missing_field() -> None:
    """Every row says how Nova records the command."""
    data = yaml.safe_load(TEXT)
    del data["stop"]["recorded_as"]
    with pytest.raises(LifecycleTableError, match="stop: recorded_as is missing"):
        commands.read(data, commands.FILE)
    with pytest.raises(LifecycleTableError, match="expected a mapping"):
        commands.read([], commands.FILE)
