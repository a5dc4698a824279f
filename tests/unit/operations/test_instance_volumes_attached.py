# SPDX-License-Identifier: Apache-2.0
"""Volumes of an instance that exists: attach, change, detach."""

from typing import Any

import pytest
import requests

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, INSTANCE, ROOT_VOLUME, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.test_instance_actions import in_states
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
NOVA = f"/servers/{SERVER['id']}/os-volume_attachments"
FREE = f"{INSTANCE}/volumes/{FREE_VOLUME}"
DATA = f"{INSTANCE}/volumes/{DATA_VOLUME}"
ROOT = f"{INSTANCE}/volumes/{ROOT_VOLUME}"


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def free_volume(cloud: Cloud, **changes: Any) -> None:
    """Cinder shows the free volume with changes."""
    volume = body("volumes")["volumes"][2] | changes
    cloud.answer("GET", "cinder", f"/volumes/{FREE_VOLUME}", {"volume": volume})


@pytest.mark.parametrize(
    ("wanted", "flag"),
    [
        ({}, False),
        ({"is_delete_on_termination": None}, False),
        ({"is_delete_on_termination": False}, False),
        ({"is_delete_on_termination": True}, True),
    ],
)
def test_attach(member: Caller, populated: Cloud, wanted: JSON, flag: bool) -> None:
    """It is asked of Nova once, after a look at instance and volume; left out means: kept."""
    response = member.post(FREE, json={"volume": wanted})
    assert response.status_code == 200, response.text
    assert check("bcs", "AttachVolume", response.json) == []
    assert response.json["volume"] == {
        "id": FREE_VOLUME,
        "instance_id": SERVER["id"],
        "mount_point": "/dev/sdc",
        "is_delete_on_termination": False,
    }
    (sent,) = populated.sent("nova", "POST")
    assert sent.json()["volumeAttachment"] == {
        "volumeId": FREE_VOLUME,
        "delete_on_termination": flag,
    }
    assert sent.headers[MICROVERSION] == "compute 2.79"
    assert len(populated.calls()) == 3


@pytest.mark.parametrize("status", ["in-use", "creating", "attaching", "reserved", "error"])
def test_attach_what_is_not_free(member: Caller, populated: Cloud, status: str) -> None:
    """A volume that is not available is 409, with its documented state."""
    free_volume(populated, status=status)
    error = refusal(member.post(FREE, json={"volume": {}}), 409, "conflict")
    assert "available" in error["message"]
    assert populated.writes() == []


def test_attach_another_projects(member: Caller, populated: Cloud) -> None:
    """A volume that Cinder shows to a cloud admin only is not there."""
    free_volume(populated, **{"os-vol-tenant-attr:tenant_id": OTHER_PROJECT})
    refusal(member.post(FREE, json={"volume": {}}), 404, "not_found")
    assert populated.writes() == []


def test_attach_without_a_volume(member: Caller, populated: Cloud) -> None:
    """A volume that is gone is 404."""
    populated.refuse("GET", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_404")
    refusal(member.post(FREE, json={"volume": {}}), 404, "not_found")


@pytest.mark.parametrize("wanted", [{"volume": {"size": 1}}, {"volume": None}, {}])
def test_attach_bodies(member: Caller, populated: Cloud, wanted: JSON) -> None:
    """What an attach does not know is refused by name."""
    error = refusal(member.post(FREE, json=wanted), 400, "invalid_request")
    assert error["message"].startswith("volume")
    assert populated.calls() == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_states(member: Caller, populated: Cloud, method: str) -> None:
    """While the instance is being built neither is possible, and the state says so."""
    in_states(populated, ("building", "spawning"))
    path = {"POST": FREE, "DELETE": DATA}[method]
    arguments: JSON = {"json": {"volume": {}}} if method == "POST" else {}
    error = refusal(member.request(method, path, **arguments), 409, "invalid_state")
    assert error["state"] == "Spawning"
    assert populated.writes() == []


def test_too_late(member: Caller, populated: Cloud) -> None:
    """When the instance is stopped in between, Nova's 409 is told with the fresh state."""
    in_states(populated, ("active", None), ("active", "deleting"))
    populated.refuse("POST", "nova", NOVA, "nova_409_start")
    error = refusal(member.post(FREE, json={"volume": {}}), 409, "invalid_state")
    assert error["state"] == "Deleting"


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        ({"is_delete_on_termination": True}, ["PUT nova"]),
        ({"is_delete_on_termination": False}, ["PUT nova"]),
        ({"name": "data"}, ["PUT cinder"]),
        ({"description": None}, ["PUT cinder"]),
        ({"name": None, "description": "d"}, ["PUT cinder"]),
        ({"name": "n", "is_delete_on_termination": True}, ["PUT cinder", "PUT nova"]),
        ({"name": None}, []),
        ({"is_delete_on_termination": None}, []),
    ],
)
def test_update(member: Caller, populated: Cloud, changes: JSON, calls: list[str]) -> None:
    """Each service gets its part; null clears the description and nothing else."""
    response = member.put(DATA, json={"volume": changes})
    assert (response.status_code, response.data) == (200, b"")
    assert [" ".join(call.split(" ")[:2]) for call in populated.writes()] == calls
    for sent in populated.sent("cinder", "PUT"):
        own = {
            key: value
            for key, value in changes.items()
            if key != "is_delete_on_termination" and (key, value) != ("name", None)
        }
        assert sent.json() == {"volume": own}
    for sent in populated.sent("nova", "PUT"):
        assert sent.path == f"/v2.1{NOVA}/{DATA_VOLUME}"
        assert sent.headers[MICROVERSION] == "compute 2.85"
        assert sent.json()["volumeAttachment"] == {
            "volumeId": DATA_VOLUME,
            "delete_on_termination": changes["is_delete_on_termination"],
        }


def test_update_refused_by_nova(member: Caller, populated: Cloud) -> None:
    """Then Cinder is not asked: the volume keeps its name."""
    populated.answer("PUT", "nova", f"{NOVA}/{DATA_VOLUME}", status=409)
    changes = {"name": "new", "is_delete_on_termination": True}
    error = refusal(member.put(DATA, json={"volume": changes}), 409, "conflict")
    assert "outcome" not in error
    assert populated.sent("cinder", "PUT") == []


@pytest.mark.parametrize(("status", "outcome"), [(202, None), (409, "unknown")])
def test_update_refused_by_cinder(
    member: Caller, populated: Cloud, status: int, outcome: str | None
) -> None:
    """Nova gets the former value; if it refuses that, the error says so."""
    answers: list[JSON] = [{"status_code": 202}, {"status_code": status}]
    populated.answer_in_turn("PUT", "nova", f"{NOVA}/{DATA_VOLUME}", answers)
    populated.answer("PUT", "cinder", f"/volumes/{DATA_VOLUME}", status=409)
    changes = {"name": "new", "is_delete_on_termination": True}
    response = member.put(DATA, json={"volume": changes})
    assert (response.status_code, response.json["error"].get("outcome")) == (409, outcome)
    sent = [request.json()["volumeAttachment"] for request in populated.sent("nova", "PUT")]
    assert [one["delete_on_termination"] for one in sent] == [True, False]


@pytest.mark.parametrize("changes", [{}, {"name": ""}, {"description": "d" * 256}, {"size": 2}])
def test_update_impossible(member: Caller, populated: Cloud, changes: JSON) -> None:
    """A change of nothing, or to what cannot be, is 400."""
    refusal(member.put(DATA, json={"volume": changes}), 400, "invalid_request")
    assert populated.calls() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_not_attached(member: Caller, populated: Cloud, method: str) -> None:
    """A volume that is not attached to the instance is 404, and nothing happens to it."""
    arguments: JSON = {"json": {"volume": {"name": "mine"}}} if method == "PUT" else {}
    error = refusal(member.request(method, FREE, **arguments), 404, "not_found")
    assert error["message"] == "This volume is not attached to the instance."
    assert populated.writes() == []


def test_detach(member: Caller, populated: Cloud) -> None:
    """It is begun in 2 calls."""
    response = member.delete(DATA)
    assert (response.status_code, response.data) == (202, b"")
    assert populated.writes() == [f"DELETE nova {NOVA}/{DATA_VOLUME}"]
    assert len(populated.calls()) == 2


class TestTerminated:
    """A terminated instance: as Nova detaches from it, it deletes a volume that goes with it."""

    @pytest.fixture
    def terminated(self, populated: Cloud) -> Cloud:
        """The instance, with whose end the data volume is deleted."""
        attached = [
            item | {"delete_on_termination": True}
            for item in SERVER["os-extended-volumes:volumes_attached"]
        ]
        changes = {
            "OS-EXT-STS:vm_state": "shelved_offloaded",
            "os-extended-volumes:volumes_attached": attached,
        }
        populated.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": SERVER | changes})
        return populated

    @staticmethod
    def flags(cloud: Cloud) -> list[bool]:
        """What Nova was told, one after the other, about the volume at the instance's end."""
        return [
            sent.json()["volumeAttachment"]["delete_on_termination"]
            for sent in cloud.sent("nova", "PUT")
        ]

    def test_detach(self, member: Caller, terminated: Cloud) -> None:
        """Nova is told to keep the volume first."""
        assert member.delete(DATA).status_code == 202
        put, delete = (item for item in terminated.sent("nova") if item.method != "GET")
        assert put.json()["volumeAttachment"]["delete_on_termination"] is False
        assert delete.method == "DELETE"
        assert delete.headers[MICROVERSION] == "compute 2.20"

    def test_kept_anyway(self, member: Caller, populated: Cloud) -> None:
        """A volume that outlives the instance is detached with no more calls."""
        in_states(populated, ("shelved_offloaded", None))
        assert member.delete(DATA).status_code == 202
        assert populated.writes() == [f"DELETE nova {NOVA}/{DATA_VOLUME}"]

    @pytest.mark.parametrize(
        ("answer", "flags"),
        [
            ({"status": 409}, [False, True]),
            ({"exc": requests.exceptions.ConnectTimeout}, [False, True]),
            ({"status": 500}, [False]),
            ({"exc": requests.exceptions.ReadTimeout}, [False]),
        ],
    )
    def test_failed(
        self, member: Caller, terminated: Cloud, answer: JSON, flags: list[bool]
    ) -> None:
        """After a refusal it goes with the instance as before; never while it may be detached."""
        terminated.answer("DELETE", "nova", f"{NOVA}/{DATA_VOLUME}", **answer)
        assert member.delete(DATA).status_code >= 400
        assert self.flags(terminated) == flags

    @pytest.mark.parametrize(("status", "flags"), [(409, [False]), (500, [False, True])])
    def test_not_told(
        self, member: Caller, terminated: Cloud, status: int, flags: list[bool]
    ) -> None:
        """Where Nova may have been told to keep it, and nothing is detached, it is told again."""
        terminated.answer("PUT", "nova", f"{NOVA}/{DATA_VOLUME}", status=status)
        assert member.delete(DATA).status_code >= 400
        assert self.flags(terminated) == flags
        assert terminated.sent("nova", "DELETE") == []

    def test_not_restored(self, member: Caller, terminated: Cloud, lines: list[str]) -> None:
        """It is logged, and the caller gets the reason of the refusal."""
        terminated.answer("DELETE", "nova", f"{NOVA}/{DATA_VOLUME}", status=409)
        terminated.answer_in_turn(
            "PUT", "nova", f"{NOVA}/{DATA_VOLUME}", [{"status_code": 202}, {"status_code": 500}]
        )
        refusal(member.delete(DATA), 409, "conflict")
        assert any(
            DATA_VOLUME in line and "will not be deleted with its instance" in line
            for line in lines
        )


def test_detach_root(member: Caller, populated: Cloud) -> None:
    """The root volume stays: 409."""
    populated.refuse("DELETE", "nova", f"{NOVA}/{ROOT_VOLUME}", "nova_400_volume_root")
    assert "root volume" in refusal(member.delete(ROOT), 409, "conflict")["message"]


def test_detach_twice(member: Caller, populated: Cloud) -> None:
    """While it is being detached, a second detach is 409."""
    populated.refuse("DELETE", "nova", f"{NOVA}/{DATA_VOLUME}", "nova_400_volume_detaching")
    assert "busy" in refusal(member.delete(DATA), 409, "conflict")["message"]
