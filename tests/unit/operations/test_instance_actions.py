# SPDX-License-Identifier: Apache-2.0
"""Commands: asked of the lifecycle table first, of Nova then."""

import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.lifecycle import commands
from kic_vm.lifecycle.table import load_tables
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.completeness import assert_complete
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import token_of

JSON = dict[str, Any]
EXPECTED = yaml.safe_load(
    (Path(__file__).parents[1] / "lifecycle/expected_commands.yaml").read_text()
)
COMMANDS = {command: row["sends"] for command, row in EXPECTED.items() if "sends" in row}
# vm_state -> documented state
DOCUMENTED = {
    "active": "Active",
    "stopped": "Stopped",
    "shelved_offloaded": "Shelved_offloaded",
    "building": "Starting",
    "resized": "Resized",
}
STATES = {
    vm_state: (state, {name for name in COMMANDS if state in EXPECTED[name]["allowed_in"]})
    for vm_state, state in DOCUMENTED.items()
}
PATH = f"/servers/{SERVER['id']}"
RESULTS = {("start", "active"), ("stop", "stopped"), ("shelve", "shelved_offloaded")}


def in_states(cloud: Cloud, *states: tuple[str, str | None]) -> None:
    """Nova shows these (vm_state, task_state) pairs one after the other."""
    # The gateway remembers each resize that it confirms by the time of its end.
    server = SERVER | {"OS-SRV-USG:launched_at": str(uuid.uuid4())}
    answers = [
        {"json": {"server": server | {"OS-EXT-STS:vm_state": vm, "OS-EXT-STS:task_state": task}}}
        for vm, task in states
    ]
    cloud.answer("GET", "nova", PATH, response_list=answers)


@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("vm_state", STATES)
def test_commands(
    member: Caller, populated: Cloud, command: str, vm_state: str, is_named: bool
) -> None:
    """What the state allows is 202 and one call more; what it does not is 409 and none."""
    in_states(populated, (vm_state, None))
    state, allowed = STATES[vm_state]
    if is_named:
        response = member.post(f"{INSTANCE}/actions", json={"action": command})
    else:
        response = member.post(f"{INSTANCE}/{command}")
    if command in allowed:
        assert (response.status_code, response.data) == (202, b"")
        (sent,) = populated.sent("nova", "POST")
        wanted = "unshelve" if state == "Shelved_offloaded" else command
        assert sent.path == f"/v2.1{PATH}/action"
        assert sent.json() == COMMANDS[wanted]
        assert len(populated.calls()) == 2
        return
    is_result = (command, vm_state) in RESULTS
    error = refusal(response, 409, "already_in_state" if is_result else "invalid_state")
    assert error["state"] == state
    assert set(error["allowed_actions"]) & set(COMMANDS) == allowed
    reason = "has nothing to do" if is_result else "is not possible now"
    assert f"The instance is {state}: {command} {reason}." in error["message"]
    assert populated.writes() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_state(member: Caller, populated: Cloud, command: str) -> None:
    """In each documented state the command does what the table says."""
    tables = load_tables()
    for row in tables.instances.rows:
        pair = next(pair for pair in sorted(tables.openstack_pairs(row), key=str))
        in_states(populated, (pair.vm_state, pair.task_state))
        response = member.post(f"{INSTANCE}/{command}")
        known = tables.instance_state(pair.vm_state, pair.task_state)
        assert response.status_code == (202 if known.allows(command) else 409), row.state


def test_task_under_way(member: Caller, populated: Cloud) -> None:
    """While a command is at work the next one is refused, and the state is named."""
    in_states(populated, ("active", "powering-off"))
    error = refusal(member.post(f"{INSTANCE}/stop"), 409, "invalid_state")
    assert error["state"] == "Powering-off"


def test_too_late(member: Caller, populated: Cloud) -> None:
    """Nova's 409, when the state has changed meanwhile, is told with the fresh state."""
    in_states(populated, ("stopped", None), ("active", None))
    populated.refuse("POST", "nova", f"{PATH}/action", "nova_409_start")
    error = refusal(member.post(f"{INSTANCE}/start"), 409, "already_in_state")
    assert error["state"] == "Active"
    assert "stop" in error["allowed_actions"]
    assert "vm_state" not in error["message"]


def test_nova_has_its_own_reason(member: Caller, populated: Cloud) -> None:
    """When the state would allow it, Nova's reason is told: an operator has locked it."""
    populated.refuse("POST", "nova", f"{PATH}/action", "nova_409_locked")
    assert "locked" in refusal(member.post(f"{INSTANCE}/stop"), 409, "conflict")["message"]


def test_gone_meanwhile(member: Caller, populated: Cloud) -> None:
    """An instance that is gone when Nova is asked is 404."""
    populated.refuse("POST", "nova", f"{PATH}/action", "nova_404_server")
    refusal(member.post(f"{INSTANCE}/stop"), 404, "not_found")


def test_cloud_policy(member: Caller, populated: Cloud) -> None:
    """OpenStack's own policy stays in force behind ours."""
    populated.refuse("POST", "nova", f"{PATH}/action", "nova_403_policy")
    error = refusal(member.post(f"{INSTANCE}/stop"), 403, "forbidden")
    assert error["message"].startswith("The cloud's own policy")


@pytest.mark.parametrize("body", [{}, {"json": {}}, {"data": b"", "content_type": "text/plain"}])
def test_bodies(member: Caller, populated: Cloud, body: JSON) -> None:
    """A command has no body; one that comes along does no harm."""
    assert member.post(f"{INSTANCE}/stop", **body).status_code == 202


def test_names() -> None:
    """Every command without arguments can be given by its name."""
    assert_complete(
        commands.load_commands(),
        COMMANDS,
        "tests/unit/lifecycle/expected_commands.yaml, with sends",
    )


@pytest.mark.parametrize("action", ["resize", "Stop", "os-stop", "", None, 1, ["stop"]])
def test_unknown_name(member: Caller, populated: Cloud, action: Any) -> None:
    """It is 400, and an unknown one is answered with those there are."""
    error = refusal(
        member.post(f"{INSTANCE}/actions", json={"action": action}), 400, "invalid_request"
    )
    assert error["message"].startswith("action: ")
    if isinstance(action, str):
        assert all(command in error["message"] for command in COMMANDS)
    assert populated.calls() == []


def test_rule_of_the_command(
    conf: cfg.ConfigOpts, populated: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What an operator's policy forbids under its own path is forbidden by name too."""
    policy_file = tmp_path / "policy.yaml"
    policy_file.write_text("kic_vm:instances:stop: rule:project_admin\n")
    conf.set_override("policy_file", str(policy_file), "oslo_policy")
    caller = Caller(deploy.load_app(conf), token_of("member"))
    refusal(caller.post(f"{INSTANCE}/actions", json={"action": "stop"}), 403, "forbidden")
    assert populated.calls() == []
    named = caller.post(f"{INSTANCE}/actions", json={"action": "soft-reboot"})
    assert named.status_code == 202
