# SPDX-License-Identifier: Apache-2.0
"""Images: Glance's, in the contract's words."""

import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import IMAGE, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT, PROJECT

JSON = dict[str, Any]
PATH = f"/api/v1/images/{IMAGE['id']}"


def shown(caller: Caller, cloud: Cloud, **changes: Any) -> JSON:
    """The image when Glance shows it with these changes; a change to ... takes a key away."""
    image = {key: value for key, value in (IMAGE | changes).items() if value is not ...}
    cloud.answer("GET", "glance", f"/images/{IMAGE['id']}", image)
    response = caller.get(PATH)
    assert check("image", "GetImage", response.json) == []
    found: JSON = response.json["image"]
    return found


def names(caller: Caller, query: str) -> list[str]:
    response = caller.get(f"/api/v1/images?{query}")
    assert check("image", "ListImages", response.json) == []
    return [item["name"] for item in response.json["images"]]


def test_whole(reader: Caller, populated: Cloud) -> None:
    """Every field has the value that Glance has told."""
    assert shown(reader, populated) == {
        "id": IMAGE["id"],
        "name": "ubuntu-24.04",
        "size": 1048576,
        "status": "active",
        "owner": IMAGE["owner"],
        "visibility": "public",
        "description": None,
        "is_shared": False,
        "disk_format": "qcow2",
        "container_format": "bare",
        "min_disk": 2,
        "min_ram": 512,
        "virtual_size": 67108864,
        "instance_type": "vm",
        "image_member_status": None,
        "project_id": IMAGE["owner"],
        "os_info": {
            "type": "linux",
            "distro": "ubuntu",
            "architecture": "x86_64",
            "admin_user": "ubuntu",
            "is_hidden": False,
        },
        "created_at": "2026-11-23T09:48:50Z",
        "updated_at": "2026-11-23T09:48:50Z",
    }


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("queued", "queued"),
        ("saving", "saving"),
        ("uploading", "saving"),
        ("importing", "saving"),
        ("active", "active"),
        ("deactivated", "deactivated"),
        ("killed", "error"),
        ("pending_delete", "deleted"),
        ("never-seen", "error"),
    ],
)
def test_statuses(reader: Caller, populated: Cloud, status: str, ours: str) -> None:
    """Glance's words are translated, and one that is new has an answer too."""
    assert shown(reader, populated, status=status)["status"] == ours


def test_image_without_anything(reader: Caller, populated: Cloud) -> None:
    """An image that was only just announced is readable."""
    image = shown(
        reader,
        populated,
        status="queued",
        size=None,
        virtual_size=None,
        disk_format=None,
        os_type=...,
        os_distro=...,
        architecture=...,
        os_admin_user=...,
        name=None,
    )
    assert image["size"] is image["name"] is image["os_info"]["type"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort_keys=name&sort_dirs=asc", ["rocky-9", "ubuntu-24.04"]),
        (f"id={IMAGE['id']}", ["ubuntu-24.04"]),
        ("name=UBUNTU", ["ubuntu-24.04"]),
        ("size=33554432", ["rocky-9"]),
        ("min_disk=10", ["rocky-9"]),
        ("disk_format=raw", ["rocky-9"]),
        ("status=queued", []),
        ("os_type=windows", []),
        ("visibility=private", []),
        ("image_type=my", []),
        ("image_type=basic&name=rocky", ["rocky-9"]),
        ("instance_type=bm", []),
        ("image_member_status=accepted", []),
        ("created_at=2026-11-23&name=u", ["ubuntu-24.04"]),
        ("updated_at=2026-11-23T09:48:51Z", ["rocky-9"]),
    ],
)
def test_filters(reader: Caller, populated: Cloud, query: str, expected: list[str]) -> None:
    """Every filter of the contract is understood."""
    assert names(reader, query) == expected


def test_other_projects_images(reader: Caller, populated: Cloud) -> None:
    """Private images of other projects are left out, which a cloud admin's token would show."""
    images = [
        IMAGE | {"id": str(uuid.uuid4()), "name": name, "visibility": visibility, "owner": owner}
        for name, visibility, owner in (
            ("mine", "private", PROJECT),
            ("theirs", "private", OTHER_PROJECT),
            ("shared with us", "shared", OTHER_PROJECT),
            ("community", "community", OTHER_PROJECT),
        )
    ]
    populated.answer("GET", "glance", "/images", {"images": images})
    for status, offered in (("accepted", images[2:3]), ("pending", [])):
        path = f"/images?visibility=shared&member_status={status}"
        populated.answer("GET", "glance", path, {"images": offered})
    assert set(names(reader, "")) == {"mine", "shared with us", "community"}
    assert set(names(reader, "image_type=my")) == {"mine", "shared with us", "community"}


def test_pages_of_glance(reader: Caller, populated: Cloud) -> None:
    """Where Glance cuts its list, the rest is fetched."""
    first, second = body("images")["images"]
    populated.answer("GET", "glance", "/images", {"images": [first], "next": "/v2/images?marker=x"})
    populated.answer("GET", "glance", f"/images?marker={first['id']}", {"images": [second]})
    assert len(names(reader, "")) == 2


def test_not_there(reader: Caller, populated: Cloud) -> None:
    """Glance's answer in HTML is our 404."""
    populated.refuse("GET", "glance", f"/images/{IMAGE['id']}", "glance_404")
    assert "<" not in refusal(reader.get(PATH), 404, "not_found")["message"]
