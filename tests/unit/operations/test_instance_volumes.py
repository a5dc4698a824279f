# SPDX-License-Identifier: Apache-2.0
"""The volumes of a new instance, as Nova's block devices."""

import uuid
from typing import Any

import pytest

from tests.unit.bodies import DATA_VOLUME, FREE_VOLUME, IMAGE, ROOT_VOLUME, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.instance_create_requests import ROOT, asked, create, refused
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
TYPE = str(uuid.uuid4())
FREE = {"source_type": "volume", "uuid": FREE_VOLUME}
BLANK = {
    "source_type": "blank",
    "destination_type": "volume",
    "boot_index": -1,
    "volume_size": 1,
    "delete_on_termination": False,
}
EXISTING = {
    "source_type": "volume",
    "destination_type": "volume",
    "uuid": FREE_VOLUME,
    "boot_index": -1,
    "delete_on_termination": False,
}


def volume(volume_id: str, **changes: Any) -> JSON:
    """A recorded volume with changes, as Cinder shows it."""
    found = {item["id"]: item for item in body("volumes")["volumes"]}[volume_id]
    return {"volume": found | changes}


@pytest.fixture
def ready(populated: Cloud) -> Cloud:
    """The cloud with a bootable volume that nobody uses."""
    populated.answer(
        "GET",
        "cinder",
        f"/volumes/{FREE_VOLUME}",
        volume(FREE_VOLUME, status="available", bootable="true"),
    )
    return populated


@pytest.mark.parametrize(
    ("volumes", "devices"),
    [
        ([{"size": 5}], [ROOT]),
        ([{"size": 5, "source_type": "image"}], [ROOT]),
        ([{"size": 5, "source_type": None, "is_delete_on_termination": None}], [ROOT]),
        ([{"size": 5, "uuid": IMAGE["id"]}], [ROOT]),
        ([{"size": 2}], [ROOT | {"volume_size": 2}]),
        ([{"size": 5120}], [ROOT | {"volume_size": 5120}]),
        (
            [{"size": 5, "is_delete_on_termination": False}],
            [ROOT | {"delete_on_termination": False}],
        ),
        ([{"size": 5, "type_id": TYPE}], [ROOT | {"volume_type": TYPE}]),
        ([{"size": 5}, {"size": 1}], [ROOT, BLANK]),
        ([{"size": 5}, {"size": 1, "source_type": "blank"}], [ROOT, BLANK]),
        (
            [{"size": 5}, {"size": 1, "is_delete_on_termination": True, "type_id": TYPE}],
            [ROOT, BLANK | {"delete_on_termination": True, "volume_type": TYPE}],
        ),
        ([{"size": 5}, FREE], [ROOT, EXISTING]),
        (
            [{"size": 5}, FREE | {"is_delete_on_termination": True, "size": 7}],
            [ROOT, EXISTING | {"delete_on_termination": True}],
        ),
        (
            [{"size": 5}, {"size": 3, "source_type": "image", "uuid": IMAGE["id"]}],
            [
                ROOT,
                BLANK | {"source_type": "image", "uuid": IMAGE["id"], "volume_size": 3},
            ],
        ),
        ([FREE], [EXISTING | {"boot_index": 0}]),
        (
            [FREE | {"is_delete_on_termination": True}, {"size": 1}],
            [EXISTING | {"boot_index": 0, "delete_on_termination": True}, BLANK],
        ),
    ],
)
def test_devices(member: Caller, ready: Cloud, volumes: list[JSON], devices: list[JSON]) -> None:
    """The first volume boots and goes with the instance; later ones are blank and stay."""
    response = create(member, volumes=volumes)
    assert response.status_code == 202, response.text
    assert asked(ready)["block_device_mapping_v2"] == devices


def test_booting_from_a_volume_needs_no_image(member: Caller, ready: Cloud) -> None:
    """The image is not looked at when the root volume exists already."""
    assert create(member, volumes=[FREE]).status_code == 202
    assert ready.sent("glance") == []


@pytest.mark.parametrize(
    ("volumes", "word"),
    [
        ([{}], "volumes.0.size"),
        ([{"size": None}], "volumes.0.size"),
        ([{"size": 0}], "volumes.0.size"),
        ([{"size": -5}], "volumes.0.size"),
        ([{"size": 2**31}], "volumes.0.size"),
        ([{"size": "x"}], "volumes.0.size"),
        ([{"size": 5.5}], "volumes.0.size"),
        ([{"size": 1}], "at least 2 GB"),
        ([{"size": 5121}], "at most 5120 GB"),
        ([{"size": 5}, {"size": 5121}], "volumes.1.size"),
        ([{"size": 5}, {}], "volumes.1.size"),
        ([{"size": 5, "source_type": "blank"}], "volumes.0.source_type"),
        ([{"size": 5, "source_type": "snapshot"}], "volumes.0.source_type"),
        ([{"source_type": "volume"}], "volumes.0.uuid"),
        ([{"size": 5}, {"source_type": "image", "size": 3}], "volumes.1.uuid"),
        ([{"size": 5}, {"source_type": "blank", "size": 3, "uuid": TYPE}], "volumes.1.uuid"),
        ([{"size": 5, "uuid": "x"}], "volumes.0.uuid"),
        ([{"size": 5, "type_id": "SSD"}], "volumes.0.type_id"),
        ([{"size": 5, "encryption_secret_id": TYPE}], "volumes.0.encryption_secret_id"),
        ([{"size": 5, "colour": "red"}], "volumes.0.colour"),
        ([{"size": 5}, FREE, FREE], "named twice"),
    ],
)
def test_impossible(member: Caller, ready: Cloud, volumes: list[JSON], word: str) -> None:
    """Each is refused with its field, before anything is made."""
    assert word in refused(member, ready, volumes=volumes)


@pytest.mark.parametrize(
    "properties", [{"os_type": "windows"}, {"os_distro": "windows"}, {"os_type": "Windows"}]
)
def test_windows(member: Caller, populated: Cloud, properties: JSON) -> None:
    """A root volume with Windows has at most 2048 GB."""
    populated.answer("GET", "glance", f"/images/{IMAGE['id']}", IMAGE | properties)
    assert "Windows" in refused(member, populated, volumes=[{"size": 2049}])
    assert create(member, volumes=[{"size": 2048}]).status_code == 202


class TestLimits:
    """[volume] max_size_gb."""

    @pytest.fixture
    def options(self) -> str:
        return "[volume]\nmax_size_gb = 10"

    def test_limit(self, member: Caller, populated: Cloud) -> None:
        """The operator's limit counts for every new volume."""
        assert "at most 10 GB" in refused(member, populated, volumes=[{"size": 11}])
        assert create(member, volumes=[{"size": 10}, {"size": 10}]).status_code == 202


def test_volume_that_is_not_there(member: Caller, ready: Cloud) -> None:
    """It is refused with its field."""
    missing = str(uuid.uuid4())
    ready.refuse("GET", "cinder", f"/volumes/{missing}", "cinder_404")
    message = refused(
        member, ready, volumes=[{"size": 5}, {"source_type": "volume", "uuid": missing}]
    )
    assert message == f"volumes.uuid: there is no volume {missing} that this project can use."


def test_volume_of_another_project(member: Caller, ready: Cloud) -> None:
    """It is not there, whatever Cinder shows to a cloud admin's token."""
    elsewhere = volume(FREE_VOLUME, **{"os-vol-tenant-attr:tenant_id": OTHER_PROJECT})
    ready.answer("GET", "cinder", f"/volumes/{FREE_VOLUME}", elsewhere)
    assert "there is no volume" in refused(member, ready, volumes=[{"size": 5}, FREE])


@pytest.mark.parametrize("volume_id", [ROOT_VOLUME, DATA_VOLUME])
def test_volume_in_use(member: Caller, ready: Cloud, volume_id: str) -> None:
    """A volume that is attached already is a conflict."""
    wanted = [{"size": 5}, {"source_type": "volume", "uuid": volume_id}]
    error = refusal(create(member, volumes=wanted), 409, "conflict")
    assert error["message"].startswith("volumes.uuid: ")
    assert ready.writes() == []


def test_volume_that_cannot_boot(member: Caller, ready: Cloud) -> None:
    """A root volume has to be bootable."""
    ready.answer(
        "GET",
        "cinder",
        f"/volumes/{FREE_VOLUME}",
        volume(FREE_VOLUME, status="available", bootable="false"),
    )
    assert "volumes.0.uuid" in refused(member, ready, volumes=[FREE])
