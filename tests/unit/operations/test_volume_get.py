# SPDX-License-Identifier: Apache-2.0
"""One volume: what Cinder shows, what Nova adds, and the documented state of both."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, ROOT_VOLUME, SERVER, SNAPSHOT, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT, PROJECT, USER
from tests.unit.populated import show_server

JSON = dict[str, Any]
VOLUMES = {volume["id"]: volume for volume in body("volumes")["volumes"]}


def shown(caller: Caller, volume_id: str) -> JSON:
    response = caller.get(f"/api/v1/volumes/{volume_id}")
    assert response.status_code == 200, response.text
    assert check("volume", "GetVolume", response.json) == []
    found: JSON = response.json["volume"]
    return found


def serve(cloud: Cloud, volume_id: str, **changes: Any) -> None:
    """Cinder shows the volume with changes."""
    cloud.answer("GET", "cinder", f"/volumes/{volume_id}", {"volume": VOLUMES[volume_id] | changes})


def serve_server(cloud: Cloud, **changes: Any) -> None:
    """Nova shows the server with changes."""
    cloud.answer(
        "GET",
        "nova",
        f"/servers/{SERVER['id']}",
        lambda request, context: show_server(request, context, **changes),
    )


def reserve(cloud: Cloud, volume_id: str, status: str = "reserved") -> None:
    """Cinder shows the volume without its attachment, and the attachment by itself."""
    serve(cloud, volume_id, status=status, attachments=[])
    attachment = {"id": "a", "status": status, "instance": SERVER["id"], "volume_id": volume_id}
    path = f"/attachments?volume_id={volume_id}"
    cloud.answer("GET", "cinder", path, {"attachments": [attachment]})


def test_free(reader: Caller, populated: Cloud) -> None:
    """A volume that nobody uses takes 2 calls; every field has a source or is null."""
    assert shown(reader, FREE_VOLUME) == {
        "id": FREE_VOLUME,
        "name": "91424308-93dc-4b77-8a8e-de168fd5f7fc-blank-vol",
        "description": "",
        "size": 1,
        "status": "available",
        "lifecycle": {
            "state": "Active",
            "billable": True,
            "allowed_actions": [
                "attach",
                "extend",
                "create-snapshot",
                "update",
                "delete",
            ],
            "reason": "It is not bootable; images can only be made of bootable volumes.",
        },
        "is_bootable": False,
        "is_root": False,
        "is_encrypted": False,
        "encryption_key_id": None,
        "type": "SSD",
        "volume_type": "SSD",
        "availability_zone": "kr-central-2-a",
        "attach_status": "detached",
        "instance_id": None,
        "instance_name": None,
        "mount_point": None,
        "metadata": {},
        "image_metadata": None,
        "user_id": USER,
        "project_id": PROJECT,
        "launched_at": None,
        "previous_status": None,
        "created_at": "2026-11-23T10:04:32.000000Z",
        "updated_at": "2026-11-23T10:04:39.000000Z",
    }
    (asked, _snapshots) = sorted(
        populated.sent("cinder"), key=lambda sent: "/snapshots" in sent.url
    )
    assert asked.headers[MICROVERSION] == "volume 3.64"
    assert len(populated.calls()) == 2


def test_attached(reader: Caller, populated: Cloud) -> None:
    """An attached volume has its instance by id and name, in 3 calls."""
    volume = shown(reader, DATA_VOLUME)
    assert volume["status"] == "in_use"
    assert volume["lifecycle"]["state"] == "In-use"
    assert volume["attach_status"] == "attached"
    assert (volume["instance_id"], volume["instance_name"]) == (SERVER["id"], SERVER["name"])
    assert (volume["mount_point"], volume["is_root"]) == ("/dev/sdb", False)
    assert len(populated.calls()) == 3
    (asked,) = populated.sent("nova")
    assert asked.headers[MICROVERSION] == "compute 2.1"


def test_root(reader: Caller, populated: Cloud) -> None:
    """The root volume of an instance with others: 4 calls, and the image that it was made from."""
    volume = shown(reader, ROOT_VOLUME)
    assert (volume["is_root"], volume["is_bootable"]) == (True, True)
    assert volume["image_metadata"] == {
        "container_format": "bare",
        "disk_format": "qcow2",
        "image_id": "fa125d16-17ab-4dd5-bfa7-178cf371ccad",
        "image_name": "ubuntu-24.04",
        "min_disk": "2",
        "os_type": "linux",
        "min_ram": "512",
        "size": "1048576",
    }
    assert len(populated.calls()) == 4


def test_bootable_data_volume(reader: Caller, populated: Cloud) -> None:
    """A second bootable volume of an instance is not its root."""
    serve(populated, DATA_VOLUME, bootable="true")
    volumes = [VOLUMES[ROOT_VOLUME], VOLUMES[DATA_VOLUME] | {"bootable": "true"}]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    volume = shown(reader, DATA_VOLUME)
    assert (volume["is_bootable"], volume["is_root"]) == (True, False)


def test_of_an_instance_with_its_own_disk(reader: Caller, populated: Cloud) -> None:
    """An instance that Nova booted from the hypervisor's disk has no root volume."""
    serve_server(populated, image={"id": "fa125d16-17ab-4dd5-bfa7-178cf371ccad"})
    assert shown(reader, ROOT_VOLUME)["is_root"] is False


@pytest.mark.parametrize(
    ("status", "state", "wire"),
    [
        ("creating", "Creating", "creating"),
        ("downloading", "Creating", "creating"),
        ("available", "Active", "available"),
        ("extending", "Extending", "extending"),
        ("retyping", "Extending", "extending"),
        ("uploading", "Uploading", "uploading"),
        ("backing-up", "Backing-Up", "backing_up"),
        ("awaiting-transfer", "Reserved", "reserved"),
        ("deleting", "Deleting", "deleting"),
        ("error", "Error", "error"),
        ("error_extending", "Error", "error"),
        ("error_restoring", "Error", "error"),
        ("never-seen", "Error", "error"),
    ],
)
def test_states(reader: Caller, populated: Cloud, status: str, state: str, wire: str) -> None:
    """Cinder's status is told in documented words."""
    serve(populated, FREE_VOLUME, status=status)
    volume = shown(reader, FREE_VOLUME)
    assert (volume["status"], volume["lifecycle"]["state"]) == (wire, state)


@pytest.mark.parametrize("volume_id", [FREE_VOLUME, DATA_VOLUME])
def test_backing_up(reader: Caller, populated: Cloud, volume_id: str) -> None:
    """While a snapshot of it is being made a volume is Backing-Up, attached or not."""
    snapshot = SNAPSHOT | {"volume_id": volume_id, "status": "creating"}
    path = f"/snapshots/detail?volume_id={volume_id}&status=creating"
    populated.answer("GET", "cinder", path, {"snapshots": [snapshot]})
    volume = shown(reader, volume_id)
    assert (volume["status"], volume["lifecycle"]["state"]) == ("backing_up", "Backing-Up")
    assert volume["lifecycle"]["allowed_actions"] == ["update"]


def test_of_a_terminated_instance(reader: Caller, populated: Cloud) -> None:
    """Reserved, with its instance although Cinder does not show it with the volume: 4 calls."""
    reserve(populated, DATA_VOLUME)
    serve_server(populated, **{"OS-EXT-STS:vm_state": "shelved_offloaded"})
    volume = shown(reader, DATA_VOLUME)
    assert (volume["status"], volume["attach_status"]) == ("reserved", "attached")
    assert (volume["instance_id"], volume["instance_name"]) == (SERVER["id"], SERVER["name"])
    assert volume["mount_point"] is None
    assert len(populated.calls()) == 4


@pytest.mark.parametrize("status", ["reserved", "attaching"])
def test_being_attached(reader: Caller, populated: Cloud, status: str) -> None:
    """On its way to a running instance it is Attaching from the first step on, not yet attached."""
    reserve(populated, FREE_VOLUME, status)
    volume = shown(reader, FREE_VOLUME)
    assert (volume["status"], volume["attach_status"]) == ("attaching", "detached")
    assert volume["instance_id"] == SERVER["id"]


def test_detaching(reader: Caller, populated: Cloud) -> None:
    """While it is being detached it still has its instance."""
    serve(populated, DATA_VOLUME, status="detaching")
    volume = shown(reader, DATA_VOLUME)
    assert (volume["status"], volume["instance_id"]) == ("detaching", SERVER["id"])


def test_reserved_for_nobody(reader: Caller, populated: Cloud) -> None:
    """A reservation without an instance is readable."""
    serve(populated, FREE_VOLUME, status="reserved")
    populated.answer("GET", "cinder", "/attachments", {"attachments": []})
    volume = shown(reader, FREE_VOLUME)
    assert (volume["status"], volume["instance_id"]) == ("reserved", None)
    assert volume["attach_status"] == "detached"


def test_instance_has_just_gone(reader: Caller, populated: Cloud) -> None:
    """When Nova does not know the instance any more, Cinder's id stays and the name is null."""
    populated.refuse("GET", "nova", f"/servers/{SERVER['id']}", "nova_404_server")
    volume = shown(reader, DATA_VOLUME)
    assert (volume["instance_id"], volume["instance_name"]) == (SERVER["id"], None)


def test_encrypted(reader: Caller, populated: Cloud) -> None:
    """The key's id is shown where Cinder has one."""
    key = "7f0e9a02-487a-47ca-a93d-22200cb0b51a"
    serve(populated, FREE_VOLUME, encrypted=True, encryption_key_id=key)
    volume = shown(reader, FREE_VOLUME)
    assert (volume["is_encrypted"], volume["encryption_key_id"]) == (True, key)


def test_zone_without_a_name(reader: Caller, populated: Cloud) -> None:
    """A zone that clients have no name for is null: they could not read it."""
    serve(populated, FREE_VOLUME, availability_zone="elsewhere")
    assert shown(reader, FREE_VOLUME)["availability_zone"] is None


@pytest.mark.parametrize("options", ["[volume]\ntype_names = gp2:SSD"])
def test_type_names(reader: Caller, populated: Cloud, options: str) -> None:
    """The type has the name that clients know, with the volume, in the list and in an instance."""
    volume = shown(reader, FREE_VOLUME)
    assert (volume["type"], volume["volume_type"]) == ("gp2", "gp2")
    assert len(reader.get("/api/v1/volumes?volume_type=gp2").json["volumes"]) == 3
    assert reader.get("/api/v1/volumes?volume_type=SSD").json["volumes"] == []
    (kind,) = reader.get("/api/v1/volumes/types").json["volume_types"]
    assert kind["name"] == "gp2"
    instance = reader.get(f"/api/v1/instances/{SERVER['id']}").json["instance"]
    assert {item["type"] for item in instance["attached_volumes"]} == {"gp2"}


def test_types(reader: Caller, populated: Cloud) -> None:
    """The types are listed in one call; their path is not taken for a volume's."""
    response = reader.get("/api/v1/volumes/types")
    assert check("volume", "ListVolumeTypes", response.json) == []
    assert response.json["volume_types"] == [
        {
            "id": "ce153742-05e6-46a7-8510-932ac3b58b65",
            "name": "SSD",
            "description": "Solid state disk",
        }
    ]
    assert len(populated.calls()) == 1


def test_not_there(reader: Caller, populated: Cloud) -> None:
    """A volume that is not there, or another project's, is 404."""
    populated.refuse("GET", "cinder", f"/volumes/{FREE_VOLUME}", "cinder_404")
    refusal(reader.get(f"/api/v1/volumes/{FREE_VOLUME}"), 404, "not_found")
    serve(populated, DATA_VOLUME, **{"os-vol-tenant-attr:tenant_id": OTHER_PROJECT})
    refusal(reader.get(f"/api/v1/volumes/{DATA_VOLUME}"), 404, "not_found")
    refusal(reader.get("/api/v1/volumes/none"), 404, "not_found")
