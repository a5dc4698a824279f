# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/instances/{instance_id}: one instance, put together from three services."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import (
    DATA_VOLUME,
    FLAVOR,
    GROUP,
    IMAGE,
    INSTANCE,
    PORT,
    ROOT_VOLUME,
    SERVER,
    body,
)
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.personas import PROJECT, USER
from tests.unit.shown_instance import shown

JSON = dict[str, Any]
ATTACHED = SERVER["os-extended-volumes:volumes_attached"]


@pytest.fixture
def options() -> str:
    """A process of its own, which remembers no history and no resize of the instance."""
    return "[api]"


def test_whole(reader: Caller, populated: Cloud) -> None:
    """Every field has the value that the services have told."""
    instance = shown(reader, populated)
    assert instance["flavor"].pop("real_vcpus") == 1
    assert instance["flavor"]["id"] == FLAVOR["id"]
    assert instance["flavor"]["name"] == "m2a.large"
    assert instance["image"]["id"] == IMAGE["id"]
    assert instance["image"]["os_distro"] == "ubuntu"
    assert instance["lifecycle"].pop("allowed_actions")[:2] == ["stop", "soft-reboot"]
    del instance["flavor"], instance["image"]
    assert instance == {
        "id": SERVER["id"],
        "name": "web",
        "description": "a web server",
        "addresses": [
            {
                "private_ip": "10.20.3.103",
                "public_ip": "203.0.113.99",
                "network_interface_id": PORT["id"],
            }
        ],
        "is_hyper_threading": True,
        "is_hadoop": False,
        "is_k8se": False,
        "vm_state": "active",
        "task_state": None,
        "power_state": "RUNNING",
        "status": "active",
        "fault": None,
        "lifecycle": {
            "state": "Active",
            "billable": True,
            "since": "2026-11-23T10:47:04Z",
            "billable_since": None,
        },
        "user_id": USER,
        "project_id": PROJECT,
        "key_name": "recorded",
        "hostname": "web",
        "availability_zone": "kr-central-2-a",
        "attached_volumes": [
            {
                "id": ROOT_VOLUME,
                "name": "",
                "status": "in_use",
                "mount_point": "/dev/sda",
                "type": "SSD",
                "size": 5,
                "is_delete_on_termination": True,
                "created_at": "2026-11-23T10:47:01.000000Z",
                "is_root": True,
            },
            {
                "id": DATA_VOLUME,
                "name": f"{SERVER['id']}-blank-vol",
                "status": "in_use",
                "mount_point": "/dev/sdb",
                "type": "SSD",
                "size": 1,
                "is_delete_on_termination": False,
                "created_at": "2026-11-23T10:47:02.000000Z",
                "is_root": False,
            },
        ],
        "attached_volume_count": 2,
        "security_groups": [{"id": GROUP, "name": "default"}],
        "security_group_count": 1,
        "instance_type": "vm",
        "created_at": "2026-11-23T10:47:00Z",
        "updated_at": "2026-11-23T10:47:04Z",
    }


def test_flavor_that_is_gone(reader: Caller, populated: Cloud) -> None:
    """The id of a flavor that Nova no longer lists is null; the server's copy tells the rest."""
    flavor = SERVER["flavor"] | {"original_name": "m2a.gone"}
    populated.answer(
        "GET", "nova", f"/servers/{SERVER['id']}", {"server": SERVER | {"flavor": flavor}}
    )
    instance = reader.get(INSTANCE).json["instance"]
    assert instance["flavor"]["id"] is None
    assert instance["flavor"]["vcpus"] == 2


@pytest.mark.parametrize(
    ("vm_state", "task_state", "power_state", "state", "status", "billable"),
    [
        ("building", "spawning", 0, "Spawning", "spawning", False),
        ("stopped", None, 4, "Stopped", "stopped", True),
        ("active", "powering-off", 1, "Powering-off", "powering-off", True),
        ("error", None, 6, "Error", "error", False),
        ("paused", None, 3, "Stopped", "stopped", True),
        ("suspended", None, 7, "Stopped", "stopped", True),
        ("resized", None, 1, "Resized", "resized", False),
        ("never-seen", "nor-this", 99, "Error", "error", False),
    ],
)
def test_states(
    reader: Caller,
    populated: Cloud,
    vm_state: str,
    task_state: str | None,
    power_state: int,
    state: str,
    status: str,
    billable: bool,
) -> None:
    """The documented state stands beside Nova's own words, and an unknown pair has one too."""
    instance = shown(
        reader,
        populated,
        **{
            "OS-EXT-STS:vm_state": vm_state,
            "OS-EXT-STS:task_state": task_state,
            "OS-EXT-STS:power_state": power_state,
        },
    )
    assert (instance["lifecycle"]["state"], instance["status"]) == (state, status)
    assert instance["lifecycle"]["billable"] is billable
    assert (instance["vm_state"], instance["task_state"]) == (vm_state, task_state)


def test_terminated(reader: Caller, populated: Cloud) -> None:
    """A shelved instance keeps zone, image, hostname and root volume, which is reserved."""
    shelved = body("server_shelved")["server"]
    populated.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": shelved})
    volumes = body("volumes")["volumes"]
    for volume in volumes:
        volume["attachments"] = []
        volume["status"] = "reserved"
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    response = reader.get(INSTANCE)
    assert check("bcs", "GetInstance", response.json) == []
    instance = response.json["instance"]
    assert instance["status"] == "shelved_offloaded"
    assert instance["lifecycle"]["billable"] is False
    assert instance["availability_zone"] == "kr-central-2-a"
    assert instance["image"]["id"] == IMAGE["id"]
    root, data = instance["attached_volumes"]
    assert (root["id"], root["is_root"], root["status"], root["mount_point"]) == (
        ROOT_VOLUME,
        True,
        "reserved",
        None,
    )
    assert (data["id"], data["is_root"]) == (DATA_VOLUME, False)


def test_attaching(reader: Caller, populated: Cloud) -> None:
    """A reserved volume of an instance that is not terminated is one that is being attached."""
    volumes = body("volumes")["volumes"]
    volumes[0]["status"] = "reserved"
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    statuses = {item["id"]: item["status"] for item in shown(reader, populated)["attached_volumes"]}
    assert statuses == {ROOT_VOLUME: "in_use", DATA_VOLUME: "attaching"}


def test_volume_that_cinder_does_not_list(reader: Caller, populated: Cloud) -> None:
    """What Nova still shows as attached stays in the list, without what nobody knows."""
    volumes = [one for one in body("volumes")["volumes"] if one["id"] != DATA_VOLUME]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    instance = shown(reader, populated)
    lost = instance["attached_volumes"][1]
    assert (lost["id"], lost["status"], lost["size"]) == (DATA_VOLUME, None, None)
    assert instance["attached_volume_count"] == 2


def test_only_volume_gone_meanwhile(reader: Caller, populated: Cloud) -> None:
    """A volume that went between two calls does not make the instance unreadable."""
    populated.refuse("GET", "cinder", f"/volumes/{ROOT_VOLUME}", "cinder_404")
    instance = shown(reader, populated, **{"os-extended-volumes:volumes_attached": ATTACHED[:1]})
    assert [item["id"] for item in instance["attached_volumes"]] == [ROOT_VOLUME]
    assert instance["image"] is None


def test_server_on_the_hypervisors_disk(reader: Caller, populated: Cloud) -> None:
    """A server that Nova booted from an image has that image and no root volume."""
    instance = shown(reader, populated, image={"id": IMAGE["id"], "links": []})
    assert instance["image"]["id"] == IMAGE["id"]
    assert not any(item["is_root"] for item in instance["attached_volumes"])


def test_several_groups(reader: Caller, populated: Cloud) -> None:
    """Where names and ids are not plain, the groups are asked for: one more call."""
    ports = body("ports")
    ports["ports"][0]["security_groups"].append("aaaa")
    populated.answer("GET", "neutron", "/ports", ports)
    groups = body("security_groups")
    groups["security_groups"].append({"id": "aaaa", "name": "web"})
    populated.answer("GET", "neutron", "/security-groups", groups)
    instance = shown(reader, populated)
    assert instance["security_groups"] == [
        {"id": GROUP, "name": "default"},
        {"id": "aaaa", "name": "web"},
    ]
    assert instance["security_group_count"] == 2


def test_nothing_around(reader: Caller, populated: Cloud) -> None:
    """An instance that is only just there has no address, group, image or key."""
    for collection in ("ports", "floatingips"):
        populated.answer("GET", "neutron", f"/{collection}", {collection: []})
    instance = shown(
        reader,
        populated,
        key_name=None,
        description=None,
        **{"os-extended-volumes:volumes_attached": [], "OS-EXT-AZ:availability_zone": ""},
    )
    assert (
        instance["addresses"] == instance["attached_volumes"] == instance["security_groups"] == []
    )
    assert instance["image"] is instance["availability_zone"] is instance["key_name"] is None


def test_several_interfaces(reader: Caller, populated: Cloud) -> None:
    """Addresses come in the order in which the interfaces were made, each with its public IP."""
    later = PORT | {
        "id": str(uuid.uuid4()),
        "created_at": "2027-01-01T00:00:00Z",
        "fixed_ips": [
            {"subnet_id": "s", "ip_address": "10.9.0.1"},
            {"subnet_id": "s", "ip_address": "fd00::1"},
        ],
    }
    populated.answer("GET", "neutron", "/ports", {"ports": [later, *body("ports")["ports"]]})
    addresses = shown(reader, populated)["addresses"]
    assert [item["private_ip"] for item in addresses] == ["10.20.3.103", "10.9.0.1", "fd00::1"]
    assert [item["public_ip"] for item in addresses] == ["203.0.113.99", None, None]


def test_zone_without_a_name(reader: Caller, populated: Cloud) -> None:
    """A zone that clients have no name for is null: they refuse any other text."""
    assert (
        shown(reader, populated, **{"OS-EXT-AZ:availability_zone": "az7"})["availability_zone"]
        is None
    )


def test_native_key(reader: Caller, populated: Cloud) -> None:
    """A keypair that was made in Nova itself keeps its name there."""
    assert shown(reader, populated, key_name="my-own")["key_name"] == "my-own"
