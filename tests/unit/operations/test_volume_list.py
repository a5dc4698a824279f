# SPDX-License-Identifier: Apache-2.0
"""The list of volumes: calls, filters, sorting, pages."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, ROOT_VOLUME, SERVER, SNAPSHOT, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
NAMES = {ROOT_VOLUME: "root", DATA_VOLUME: "data", FREE_VOLUME: "free"}


def listed(caller: Caller, query: str = "") -> JSON:
    response = caller.get(f"/api/v1/volumes?{query}")
    assert response.status_code == 200, response.text
    assert check("volume", "ListVolumes", response.json) == []
    answer: JSON = response.json
    return answer


def names(caller: Caller, query: str) -> list[str]:
    return [NAMES[volume["id"]] for volume in listed(caller, query)["volumes"]]


def test_calls(reader: Caller, populated: Cloud) -> None:
    """100 volumes on 100 instances with 3 snapshots in progress take 3 calls, none a volume."""
    volumes, servers = [], []
    for number in range(100):
        volume_id, server_id = str(uuid.uuid4()), str(uuid.uuid4())
        volume = body("volumes")["volumes"][1] | {"id": volume_id}
        volume["attachments"][0] |= {"server_id": server_id, "volume_id": volume_id}
        volumes.append(volume)
        attached = {"os-extended-volumes:volumes_attached": [{"id": volume_id}]}
        servers.append(SERVER | attached | {"id": server_id, "name": f"web-{number}"})
    snapshots = [
        SNAPSHOT | {"volume_id": volume["id"], "status": "creating"} for volume in volumes[:3]
    ]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    populated.answer("GET", "nova", "/servers/detail", {"servers": servers})
    path = "/snapshots/detail?status=creating"
    populated.answer("GET", "cinder", path, {"snapshots": snapshots})
    found = listed(reader, "limit=1000")["volumes"]
    assert populated.calls() == [
        "GET cinder /snapshots/detail?limit=1000&status=creating",
        "GET cinder /volumes/detail?limit=1000",
        "GET nova /servers/detail?limit=1000",
    ]
    (asked,) = populated.sent("nova")
    assert asked.headers[MICROVERSION] == "compute 2.1"
    assert len({volume["instance_name"] for volume in found}) == 100
    assert all(volume["is_root"] for volume in found)
    states = [volume["lifecycle"]["state"] for volume in found]
    assert (states.count("Backing-Up"), states.count("In-use")) == (3, 97)


def test_same_as_get(reader: Caller, populated: Cloud) -> None:
    """The list says of a volume what a get says."""
    for volume in listed(reader)["volumes"]:
        assert reader.get(f"/api/v1/volumes/{volume['id']}").json["volume"] == volume


def test_of_a_terminated_instance(reader: Caller, populated: Cloud) -> None:
    """Reserved volumes have their instance, and the root among them, by Nova's list alone."""
    volumes = [
        volume | {"status": "reserved", "attachments": []}
        for volume in body("volumes")["volumes"][:2]
    ]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": volumes})
    server = SERVER | {"OS-EXT-STS:vm_state": "shelved_offloaded"}
    populated.answer("GET", "nova", "/servers/detail", {"servers": [server]})
    for volume in listed(reader)["volumes"]:
        assert (volume["status"], volume["instance_name"]) == ("reserved", SERVER["name"])
        assert volume["is_root"] is (volume["id"] == ROOT_VOLUME)
    server = SERVER | {"OS-EXT-STS:vm_state": "active"}
    populated.answer("GET", "nova", "/servers/detail", {"servers": [server]})
    assert {volume["status"] for volume in listed(reader)["volumes"]} == {"attaching"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["data", "root", "free"]),
        ("sort_keys=size&sort_dirs=desc&limit=1", ["root"]),
        ("sort_keys=mount_point&sort_dirs=asc", ["root", "data", "free"]),
        ("sort_keys=instance_name,created_at&sort_dirs=asc,asc", ["root", "data", "free"]),
        ("offset=2", ["free"]),
        (f"id={FREE_VOLUME}", ["free"]),
        ("name=91424308", ["free"]),
        ("status=available", ["free"]),
        ("status=in_use", ["data", "root"]),
        ("status=in-use", ["data", "root"]),
        (f"instance_id={SERVER['id']}", ["data", "root"]),
        (f"instance_name={SERVER['name'].upper()}", ["data", "root"]),
        ("mount_point=/dev/sdb", ["data"]),
        ("type=SSD", ["data", "root", "free"]),
        ("volume_type=SSD", ["data", "root", "free"]),
        ("volume_type=HDD", []),
        ("size=5", ["root"]),
        ("availability_zone=kr-central-2-a", ["data", "root", "free"]),
        ("availability_zone=kr-central-2-b", []),
        ("attach_status=detached", ["free"]),
        ("attach_status=attached", ["data", "root"]),
        ("is_bootable=true", ["root"]),
        ("is_bootable=false", ["data", "free"]),
        ("is_encrypted=true", []),
        ("is_root=true", ["root"]),
        ("is_root=false", ["data", "free"]),
        ("created_at=2026-11-23T10:04", ["free"]),
        ("updated_at=2026-11-23T10:47:04Z", ["data"]),
        ("is_root=false&status=in_use", ["data"]),
    ],
)
def test_filters(reader: Caller, populated: Cloud, query: str, expected: list[str]) -> None:
    """Every filter of the contract is understood, and so are sorting and pages."""
    assert names(reader, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "status=attached",
        "size=big",
        "is_root=perhaps",
        "sort_keys=lifecycle",
        "limit=0",
        "colour=red",
    ],
)
def test_wrong_filters(reader: Caller, populated: Cloud, query: str) -> None:
    """What makes no sense is refused by the parameter's name, before any call."""
    error = refusal(reader.get(f"/api/v1/volumes?{query}"), 400, "invalid_request")
    assert error["message"].startswith(query.partition("=")[0])
    assert populated.calls() == []


def test_no_volumes(reader: Caller, populated: Cloud) -> None:
    """A project without volumes has an empty list."""
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": []})
    assert listed(reader) == {
        "volumes": [],
        "pagination": {"total": 0, "offset": 0, "limit": 20},
    }
