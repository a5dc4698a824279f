# SPDX-License-Identifier: Apache-2.0
"""Commands in states that the documentation does not have, and the reasons of refusals."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, INSTANCE, ROOT_VOLUME, SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
PATH = f"/servers/{SERVER['id']}"
VOLUMES = {volume["id"]: volume for volume in body("volumes")["volumes"]}


def serve_server(
    cloud: Cloud, vm_state: str, task_state: str | None = None, **changes: Any
) -> None:
    server = SERVER | {"OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:task_state": task_state}
    cloud.answer("GET", "nova", PATH, {"server": server | changes})


def serve_volumes(cloud: Cloud, **changes: JSON) -> None:
    """Cinder shows the recorded volumes with changes by id."""
    volumes = [volume | changes.get(key, {}) for key, volume in VOLUMES.items()]
    cloud.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    for volume in volumes:
        cloud.answer("GET", "cinder", f"/volumes/{volume['id']}", {"volume": volume})


def lifecycle(caller: Caller, path: str = INSTANCE) -> JSON:
    response = caller.get(path)
    assert response.status_code == 200, response.text
    (shown,) = response.json.values()
    found: JSON = shown["lifecycle"]
    return found


@pytest.mark.parametrize(
    ("vm_state", "action"),
    [
        ("stopped", "os-start"),
        ("paused", "unpause"),
        ("suspended", "resume"),
        ("shelved_offloaded", "unshelve"),
    ],
)
def test_start(member: Caller, populated: Cloud, vm_state: str, action: str) -> None:
    """Start is what Nova has for the state."""
    serve_server(populated, vm_state)
    assert member.post(f"{INSTANCE}/start").status_code == 202
    (sent,) = populated.sent("nova", "POST")
    assert sent.json() == {action: None}


@pytest.mark.parametrize(
    ("vm_state", "command", "reason"),
    [
        ("paused", "rebuild", "The instance is paused; start resumes it."),
        ("suspended", "attach-volume", "The instance is suspended; start resumes it."),
        ("rescued", "hard-reboot", "leave rescue mode"),
        ("rescued", "stop", "leave rescue mode"),
    ],
)
def test_refused(
    member: Caller, populated: Cloud, vm_state: str, command: str, reason: str
) -> None:
    """What Nova does not accept is not offered, and the reason is told before Nova is called."""
    serve_server(populated, vm_state)
    image = {"rebuild": {"image_id": "fa125d16-17ab-4dd5-bfa7-178cf371ccad"}}
    paths: dict[str, tuple[str, JSON]] = {"rebuild": (f"{INSTANCE}/rebuild", image)}
    volume = {"volume": {"is_delete_on_termination": False}}
    paths["attach-volume"] = (f"{INSTANCE}/volumes/{FREE_VOLUME}", volume)
    path, asked = paths.get(command, (f"{INSTANCE}/{command}", {}))
    error = refusal(member.post(path, json=asked), 409, "invalid_state")
    assert reason in error["message"]
    assert error["state"] == ("Active" if vm_state == "rescued" else "Stopped")
    assert command not in error["allowed_actions"]
    shown = lifecycle(member)
    assert shown["allowed_actions"] == error["allowed_actions"]
    assert reason in shown["reason"]
    assert populated.writes() == []


def test_busy(member: Caller, populated: Cloud) -> None:
    """While an image is made of it Nova accepts nothing else, and the instance says so."""
    # Times of its own: since when the recorded server is Active may be remembered by another test.
    times = {
        "updated": "2026-11-24T08:00:00Z",
        "OS-SRV-USG:launched_at": "2026-11-24T08:00:00.000000",
    }
    serve_server(populated, "active", "image_uploading", **times)
    assert lifecycle(member) == {
        "state": "Active",
        "billable": True,
        "allowed_actions": ["update", "delete"],
        "reason": "Another task of the instance is running; wait until it has finished.",
        "since": "2026-11-24T08:00:00Z",
        "billable_since": None,
    }
    error = refusal(member.post(f"{INSTANCE}/stop"), 409, "invalid_state")
    assert "wait until it has finished" in error["message"]


def test_no_reason(member: Caller, populated: Cloud) -> None:
    """Where every command of the state is possible, no reason is shown."""
    serve_server(populated, "active")
    assert "reason" not in lifecycle(member)
    error = refusal(member.post(f"{INSTANCE}/unshelve"), 409, "invalid_state")
    assert error["message"].startswith(
        "The instance is Active: unshelve is not possible now. Possible commands: stop,"
    )


class TestNeverRan:
    """An instance in Error that was never launched."""

    @pytest.fixture(autouse=True)
    def server(self, populated: Cloud) -> None:
        fault = {"code": 500, "message": "AttributeError", "created": "2026-11-23T11:00:00Z"}
        serve_server(populated, "error", fault=fault, **{"OS-SRV-USG:launched_at": None})

    def test_shown(self, member: Caller) -> None:
        """It offers delete only, and says why; the hint of its fault is possible, too."""
        instance = member.get(INSTANCE).json["instance"]
        assert check("bcs", "GetInstance", {"instance": instance}) == []
        assert instance["lifecycle"] == {
            "state": "Error",
            "billable": False,
            "allowed_actions": ["delete"],
            "reason": "The instance never ran; delete it and create another one.",
            "since": None,
            "billable_since": None,
        }
        assert instance["fault"]["hint"].startswith("Delete the instance")

    @pytest.mark.parametrize(
        "command", ["start", "stop", "soft-reboot", "hard-reboot", "shelve", "revert-resize"]
    )
    def test_commands(self, member: Caller, populated: Cloud, command: str) -> None:
        """Each is refused with the reason."""
        error = refusal(member.post(f"{INSTANCE}/{command}"), 409, "invalid_state")
        assert "The instance never ran" in error["message"]
        assert (error["state"], error["allowed_actions"]) == ("Error", ["delete"])
        assert populated.writes() == []

    def test_update(self, member: Caller, populated: Cloud) -> None:
        """So is a new name."""
        response = member.put(INSTANCE, json={"instance": {"name": "renamed"}})
        assert "The instance never ran" in refusal(response, 409, "invalid_state")["message"]
        assert populated.writes() == []

    def test_delete(self, member: Caller, populated: Cloud) -> None:
        """It can be deleted."""
        assert member.delete(INSTANCE).status_code == 204


def test_rename_of_a_deleted_instance(member: Caller, populated: Cloud) -> None:
    """An instance that is being deleted, or soft-deleted, takes no new name."""
    for vm_state, task_state in (("active", "deleting"), ("soft-delete", None)):
        serve_server(populated, vm_state, task_state)
        response = member.put(INSTANCE, json={"instance": {"name": "renamed"}})
        assert refusal(response, 409, "invalid_state")["state"] == "Deleting"
    assert populated.writes() == []


class TestVolumes:
    """What the status of a volume does not show."""

    @pytest.mark.parametrize("vm_state", ["active", "stopped", "paused", "shelved_offloaded"])
    def test_root(self, member: Caller, populated: Cloud, vm_state: str) -> None:
        """A root volume does not offer detach, got or listed, and says why; another one does."""
        serve_server(populated, vm_state)
        server = SERVER | {"OS-EXT-STS:vm_state": vm_state}
        populated.answer("GET", "nova", "/servers/detail", {"servers": [server]})
        serve_volumes(populated)
        listed = {item["id"]: item for item in member.get("/api/v1/volumes").json["volumes"]}
        for shown in (
            lifecycle(member, f"/api/v1/volumes/{ROOT_VOLUME}"),
            listed[ROOT_VOLUME]["lifecycle"],
        ):
            assert "detach" not in shown["allowed_actions"]
            assert "root volume" in shown["reason"]
        for shown in (
            lifecycle(member, f"/api/v1/volumes/{DATA_VOLUME}"),
            listed[DATA_VOLUME]["lifecycle"],
        ):
            assert "detach" in shown["allowed_actions"]

    @pytest.mark.parametrize("vm_state", ["suspended", "rescued", "error", "resized"])
    def test_instance_does_not_allow_it(
        self, member: Caller, populated: Cloud, vm_state: str
    ) -> None:
        """Where the instance does not allow detach-volume, its volume does not offer detach."""
        serve_server(populated, vm_state)
        serve_volumes(populated)
        assert "detach-volume" not in lifecycle(member)["allowed_actions"]
        shown = lifecycle(member, f"/api/v1/volumes/{DATA_VOLUME}")
        assert "detach" not in shown["allowed_actions"]
        assert "state of its instance" in shown["reason"]

    @pytest.mark.parametrize(
        ("changes", "command", "reason"),
        [
            ({"status": "error_deleting"}, "delete", "Only the operator can delete it"),
            (
                {"status": "error_extending", "attachments": [{"server_id": SERVER["id"]}]},
                "delete",
                "still attached",
            ),
            ({"status": "maintenance"}, "update", "The operator is moving the volume"),
            ({"status": "awaiting-transfer"}, "delete", "waits for its transfer"),
        ],
    )
    def test_cinder_would_refuse(
        self, member: Caller, populated: Cloud, changes: JSON, command: str, reason: str
    ) -> None:
        """What Cinder does not accept in a status is not offered and refused with the reason."""
        if "attachments" in changes:
            changes["attachments"] = VOLUMES[DATA_VOLUME]["attachments"]
        serve_volumes(populated, **{FREE_VOLUME: changes})
        path = f"/api/v1/volumes/{FREE_VOLUME}"
        if command == "delete":
            response = member.delete(path)
        else:
            response = member.put(path, json={"volume": {"name": "renamed"}})
        error = refusal(response, 409, "invalid_state")
        assert reason in error["message"]
        assert command not in error["allowed_actions"]
        assert reason in lifecycle(member, path)["reason"]
        assert populated.writes() == []


def test_a_server_unknown_to_nova(member: Caller, populated: Cloud) -> None:
    """A reserved volume whose instance is gone can still be renamed."""
    serve_volumes(populated, **{FREE_VOLUME: {"status": "reserved"}})
    path = f"/attachments?volume_id={FREE_VOLUME}"
    gone = str(uuid.uuid4())
    populated.answer("GET", "cinder", path, {"attachments": [{"instance": gone}]})
    populated.refuse("GET", "nova", f"/servers/{gone}", "nova_404_server")
    assert "update" in lifecycle(member, f"/api/v1/volumes/{FREE_VOLUME}")["allowed_actions"]
