# SPDX-License-Identifier: Apache-2.0
"""In each state that Nova and Cinder can show: what is offered is taken, the rest refused."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from kic_vm.lifecycle.model import ANY_TASK
from kic_vm.lifecycle.table import load_tables
from tests.unit.bodies import (
    DATA_VOLUME,
    FREE_PORT,
    FREE_VOLUME,
    IMAGE,
    INSTANCE,
    LARGER_FLAVOR,
    ROOT_VOLUME,
    SECOND_PORT,
    SERVER,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.populated import populate
from tests.unit.prepared import prepare

JSON = dict[str, Any]
Request = tuple[str, str, JSON | None]

TABLES: Final = load_tables()
# One of the pairs for each documented state and each set of commands in it.
PAIRS: Final = sorted(
    {
        (row.state, row.allowed_actions): (pair.vm_state, pair.task_state)
        for pair, row in TABLES.instances.index.items()
        if pair.task_state != ANY_TASK
    }.values(),
    key=str,
)
_INTERFACE: Final = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
# Those that need more than POST and their name.
SPECIAL: Final[Mapping[str, Request]] = {
    "resize": ("POST", f"{INSTANCE}/resize", {"flavor": {"id": LARGER_FLAVOR["id"]}}),
    "rebuild": ("POST", f"{INSTANCE}/rebuild", {"rebuild": {"image_id": IMAGE["id"]}}),
    "update": ("PUT", INSTANCE, {"instance": {"name": "renamed"}}),
    "delete": ("DELETE", INSTANCE, None),
    "attach-volume": ("POST", f"{INSTANCE}/volumes/{FREE_VOLUME}", {"volume": {}}),
    "detach-volume": ("DELETE", f"{INSTANCE}/volumes/{DATA_VOLUME}", None),
    "attach-network-interface": (
        "POST",
        f"{INSTANCE}/network-interfaces/{FREE_PORT['id']}",
        None,
    ),
    "detach-network-interface": (
        "DELETE",
        f"{INSTANCE}/network-interfaces/{SECOND_PORT['id']}",
        None,
    ),
}
REFUSALS: Final = {"invalid_state", "already_in_state", "already_under_way"}
# Statuses of a volume that is at an instance, or on its way.
ATTACHED: Final = {"in-use", "attaching", "detaching", "reserved", "extending"}
VOLUMES: Final = {volume["id"]: volume for volume in body("volumes")["volumes"]}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def check_refusal(answer: Any, command: str, lifecycle: JSON) -> None:
    """See that a command was refused with the resource's state and what is possible in it."""
    assert answer.status_code == 409, (command, answer.text)
    error = answer.json["error"]
    assert error["code"] in REFUSALS, (command, error)
    assert error["state"] == lifecycle["state"], command
    assert error["allowed_actions"] == lifecycle["allowed_actions"], command
    assert lifecycle["state"] in error["message"]
    assert command in error["message"]


def show_server(cloud: Cloud, command: str, vm_state: str, task_state: str | None) -> None:
    """Have Nova show the recorded server in a state, with what a command needs beside it."""
    populate(cloud)
    if command == "detach-network-interface":
        prepare(cloud, f"DELETE {_INTERFACE}")
    changes = {"OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:task_state": task_state}
    cloud.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": SERVER | changes})


@pytest.mark.parametrize(("vm_state", "task_state"), PAIRS)
def test_instance(member: Caller, populated: Cloud, vm_state: str, task_state: str | None) -> None:
    """Each command that an instance offers is taken; each other one is refused with the reason."""
    for command in TABLES.instances.actions:
        show_server(populated, command, vm_state, task_state)
        lifecycle = member.get(INSTANCE).json["instance"]["lifecycle"]
        populated.forget()
        method, path, sent = SPECIAL.get(command, ("POST", f"{INSTANCE}/{command}", None))
        answer = member.request(method, path, **({"json": sent} if sent is not None else {}))
        if command in lifecycle["allowed_actions"]:
            assert answer.status_code < 300, (command, answer.text)
            assert populated.writes() != [], command
        elif command == "delete" and lifecycle["state"] == "Deleting":
            assert answer.status_code == 204  # a repeated DELETE is no conflict
        else:
            check_refusal(answer, command, lifecycle)
            assert populated.writes() == [], command


@pytest.mark.parametrize(
    ("status", "volume_id"),
    [
        (status, volume_id)
        for status in sorted(TABLES.volumes.index)
        for volume_id in ([DATA_VOLUME, ROOT_VOLUME] if status in ATTACHED else [FREE_VOLUME])
    ],
)
def test_volume(member: Caller, populated: Cloud, status: str, volume_id: str) -> None:
    """So it is with volumes."""
    path = f"/api/v1/volumes/{volume_id}"
    at_instance = f"{INSTANCE}/volumes/{volume_id}"
    requests: dict[str, Request] = {
        "attach": ("POST", at_instance, {"volume": {}}),
        "detach": ("DELETE", at_instance, None),
        "extend": ("POST", f"{path}/size", {"volume": {"new_size": 100}}),
        "create-snapshot": (
            "POST",
            f"{path}/snapshots",
            {"snapshot": {"name": "walk", "is_incremental": False}},
        ),
        "create-image": ("POST", f"{path}/image", {"image": {"name": "walk"}}),
        "update": ("PUT", path, {"volume": {"name": "walk"}}),
        "delete": ("DELETE", path, None),
    }
    assert requests.keys() == set(TABLES.volumes.actions)
    for command, (method, target, sent) in requests.items():
        populate(populated)
        volume = VOLUMES[volume_id] | {"status": status}
        populated.answer("GET", "cinder", f"/volumes/{volume_id}", {"volume": volume})
        lifecycle = member.get(path).json["volume"]["lifecycle"]
        populated.forget()
        answer = member.request(method, target, **({"json": sent} if sent is not None else {}))
        if command in lifecycle["allowed_actions"]:
            assert answer.status_code < 300, (command, answer.text)
            assert populated.writes() != [], command
        elif command not in {"attach", "detach"}:  # of these the instance's state says more
            check_refusal(answer, command, lifecycle)
            assert populated.writes() == [], command
