# SPDX-License-Identifier: Apache-2.0
"""Making volumes: blank, from an image, from a volume."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, IMAGE, ROOT_VOLUME, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT
from tests.unit.requests_of import CREATE_VOLUME

JSON = dict[str, Any]
PATH = "/api/v1/volumes"
NOBODY = "7f0e9a02-487a-47ca-a93d-22200cb0b51a"
ROOT = next(item for item in body("volumes")["volumes"] if item["id"] == ROOT_VOLUME)


def refused(caller: Caller, status: int, code: str, **changes: Any) -> str:
    """The message when a volume with these changes is refused."""
    response = caller.post(PATH, json={"volume": CREATE_VOLUME | changes})
    message: str = refusal(response, status, code)["message"]
    return message


def test_blank(member: Caller, populated: Cloud) -> None:
    """A blank volume takes one call; the answer has the contract's shape."""
    response = member.post(PATH, json={"volume": CREATE_VOLUME})
    assert response.status_code == 202, response.text
    assert check("volume", "CreateVolume", response.json) == []
    volume = response.json["volume"]
    assert (volume["status"], volume["lifecycle"]["state"]) == ("creating", "Creating")
    assert (volume["availability_zone"], volume["attachments"]) == ("kr-central-2-a", [])
    (sent,) = populated.sent("cinder")
    assert sent.json()["volume"] == {
        "name": "data",
        "size": 1,
        "availability_zone": "nova",
        "description": None,
    }
    assert len(populated.calls()) == 1


@pytest.mark.parametrize(
    ("options", "identifier", "sent"),
    [
        ("", "ce153742-05e6-46a7-8510-932ac3b58b65", "ce153742-05e6-46a7-8510-932ac3b58b65"),
        ("", "SSD", "SSD"),
        ("[volume]\ntype_names = gp2:SSD", "gp2", "SSD"),
    ],
)
def test_type(member: Caller, populated: Cloud, options: str, identifier: str, sent: str) -> None:
    """A type is given by its id or by the name that clients know."""
    wanted = CREATE_VOLUME | {"volume_type_id": identifier, "description": "d"}
    assert member.post(PATH, json={"volume": wanted}).status_code == 202
    (request,) = populated.sent("cinder")
    assert request.json()["volume"]["volume_type"] == sent
    assert request.json()["volume"]["description"] == "d"


def test_from_an_image(member: Caller, populated: Cloud) -> None:
    """The image is looked at first: 2 calls."""
    wanted = CREATE_VOLUME | {"image_id": IMAGE["id"], "size": 2}
    assert member.post(PATH, json={"volume": wanted}).status_code == 202
    (request,) = populated.sent("cinder")
    assert request.json()["volume"]["imageRef"] == IMAGE["id"]
    assert len(populated.calls()) == 2


@pytest.mark.parametrize("volume_id", [FREE_VOLUME, DATA_VOLUME])
def test_from_a_volume(member: Caller, populated: Cloud, volume_id: str) -> None:
    """The source is looked at first, and may be attached: 2 calls."""
    wanted = CREATE_VOLUME | {"source_volume_id": volume_id}
    assert member.post(PATH, json={"volume": wanted}).status_code == 202
    (request,) = populated.sent("cinder", "POST")
    assert request.json()["volume"]["source_volid"] == volume_id
    assert len(populated.calls()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "volume.name"),
        ({"name": None}, "volume.name"),
        ({"name": "n" * 256}, "volume.name"),
        ({"name": " padded"}, "volume.name"),
        ({"description": "d" * 256}, "volume.description"),
        ({"description": "a\0b"}, "volume.description"),
        ({"size": 0}, "volume.size"),
        ({"size": -1}, "volume.size"),
        ({"size": "10"}, "volume.size"),
        ({"size": 1.5}, "volume.size"),
        ({"size": None}, "volume.size"),
        ({"size": 2**31}, "volume.size"),
        ({"size": 5121}, "size"),
        ({"availability_zone": None}, "volume.availability_zone"),
        ({"availability_zone": "mars"}, "availability_zone"),
        ({"image_id": "ubuntu"}, "volume.image_id"),
        ({"source_volume_id": "data"}, "volume.source_volume_id"),
        ({"image_id": IMAGE["id"], "source_volume_id": FREE_VOLUME}, "volume.source_volume_id"),
        ({"encryption_secret_id": NOBODY}, "volume.encryption_secret_id"),
        ({"volume_type_id": ""}, "volume.volume_type_id"),
        ({"snapshot_id": NOBODY}, "volume.snapshot_id"),
    ],
)
def test_bad_input(member: Caller, populated: Cloud, changes: JSON, field: str) -> None:
    """What cannot be is refused by the field's name before any call."""
    assert refused(member, 400, "invalid_request", **changes).startswith(f"{field}:")
    assert populated.calls() == []


@pytest.mark.parametrize("missing", ["name", "size", "availability_zone"])
def test_missing(member: Caller, populated: Cloud, missing: str) -> None:
    """What the contract requires is named when it is missing."""
    wanted = {key: value for key, value in CREATE_VOLUME.items() if key != missing}
    response = member.post(PATH, json={"volume": wanted})
    assert refusal(response, 400, "invalid_request")["message"].startswith(f"volume.{missing}:")


@pytest.mark.parametrize(
    ("options", "size", "status"),
    [
        ("", 5120, 202),
        ("[volume]\nmax_size_gb = 16384", 16384, 202),
        ("[volume]\nmax_size_gb = 10", 11, 400),
    ],
)
def test_largest(member: Caller, populated: Cloud, options: str, size: int, status: int) -> None:
    """The largest size is 5,120 GB, or what the operator says."""
    response = member.post(PATH, json={"volume": CREATE_VOLUME | {"size": size}})
    assert response.status_code == status, response.text


@pytest.mark.parametrize(
    ("image", "size", "words"),
    [
        ({"min_disk": 10}, 9, "10 GB"),
        ({"min_disk": 0, "virtual_size": 3 * 2**30 + 1}, 3, "4 GB"),
        ({"min_disk": 0, "os_type": "windows"}, 2049, "2048 GB"),
    ],
)
def test_size_for_the_image(
    member: Caller, populated: Cloud, image: JSON, size: int, words: str
) -> None:
    """The image's min_disk, its content and Windows limit the size; nothing is made."""
    populated.answer("GET", "glance", f"/images/{IMAGE['id']}", IMAGE | image)
    message = refused(member, 400, "invalid_request", image_id=IMAGE["id"], size=size)
    assert message.startswith("size:")
    assert words in message
    assert populated.writes() == []


def test_image_not_there(member: Caller, populated: Cloud) -> None:
    """An unknown image, another project's private one or one that is not ready is a bad field."""
    path = f"/images/{IMAGE['id']}"
    wanted = {"image_id": IMAGE["id"], "size": 2}
    theirs = {"visibility": "private", "owner": OTHER_PROJECT}
    for image in (theirs, {"status": "queued"}):
        populated.answer("GET", "glance", path, IMAGE | image)
        assert refused(member, 400, "invalid_request", **wanted).startswith("image_id:")
    populated.refuse("GET", "glance", path, "glance_404")
    assert refused(member, 400, "invalid_request", **wanted).startswith("image_id:")
    assert populated.writes() == []


def serve_source(cloud: Cloud, **changes: Any) -> None:
    cloud.answer("GET", "cinder", f"/volumes/{ROOT_VOLUME}", {"volume": ROOT | changes})


def test_source_not_there(member: Caller, populated: Cloud) -> None:
    """An unknown source volume, or another project's, is a bad field."""
    serve_source(populated, **{"os-vol-tenant-attr:tenant_id": OTHER_PROJECT})
    wanted = {"source_volume_id": ROOT_VOLUME, "size": 5}
    assert refused(member, 400, "invalid_request", **wanted).startswith("source_volume_id:")
    populated.refuse("GET", "cinder", f"/volumes/{ROOT_VOLUME}", "cinder_404")
    assert refused(member, 400, "invalid_request", **wanted).startswith("source_volume_id:")
    assert populated.writes() == []


def test_source_too_large(member: Caller, populated: Cloud) -> None:
    """A copy has at least the size of its source, and of Windows at most its limit."""
    message = refused(member, 400, "invalid_request", source_volume_id=ROOT_VOLUME, size=4)
    assert message == "size: must be at least 5 GB, the size of the source volume."
    serve_source(populated, volume_image_metadata={"os_type": "windows"})
    message = refused(member, 400, "invalid_request", source_volume_id=ROOT_VOLUME, size=2049)
    assert "Windows" in message
    assert populated.writes() == []


@pytest.mark.parametrize("status", ["creating", "error", "reserved", "deleting"])
def test_source_not_ready(member: Caller, populated: Cloud, status: str) -> None:
    """A source that cannot be copied now is a conflict."""
    serve_source(populated, status=status)
    message = refused(member, 409, "conflict", source_volume_id=ROOT_VOLUME, size=5)
    assert message.startswith("source_volume_id:")
    assert populated.writes() == []


@pytest.mark.parametrize(
    ("recorded", "status", "code", "words"),
    [
        ("cinder_413_volumes", 403, "quota_exceeded", "quota of volumes"),
        ("cinder_413_gigabytes", 403, "quota_exceeded", "quota of gigabytes"),
        ("cinder_404_type", 400, "invalid_request", "volume_type_id:"),
        ("cinder_400_zone", 400, "invalid_request", "availability_zone:"),
    ],
)
def test_what_cinder_refuses(
    member: Caller, populated: Cloud, recorded: str, status: int, code: str, words: str
) -> None:
    """Cinder's refusals are told with the quota or the field that they are about."""
    populated.refuse("POST", "cinder", "/volumes", recorded)
    assert words in refused(member, status, code)
