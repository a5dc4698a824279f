# SPDX-License-Identifier: Apache-2.0
"""POST /api/v1/instances: what Nova is asked for, and what is refused before."""

import base64
import uuid
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FLAVOR, GROUP, IMAGE, SERVER, SUBNET, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.operations.instance_create_requests import ASKED, asked, create, refused
from tests.unit.personas import OTHER_PROJECT, PROJECT, SECRET

JSON = dict[str, Any]


def test_least(member: Caller, populated: Cloud) -> None:
    """Flavor, image and subnets are looked at, then Nova is asked: 4 calls."""
    response = create(member)
    assert response.status_code == 202, response.text
    assert check("bcs", "CreateInstance", response.json) == []
    assert response.json["instance"] == {
        "id": SERVER["id"],
        "security_groups": [{"name": "default"}],
        "admin_pass": f"{SECRET} admin password",
        "disk_config": "MANUAL",
    }
    assert response.json["instances"] == [{"id": SERVER["id"], "name": "web"}]
    assert [call.partition("?")[0] for call in populated.calls()] == [
        f"GET cinder /os-quota-sets/{PROJECT}",
        f"GET glance /images/{IMAGE['id']}",
        "GET neutron /subnets",
        f"GET nova /flavors/{FLAVOR['id']}",
        "POST nova /servers",
    ]
    assert asked(populated) == ASKED


def test_everything(member: Caller, populated: Cloud) -> None:
    """Each field of the contract has its place in Nova's request."""
    user_data = base64.b64encode(b"#!/bin/sh\necho hello").decode()
    response = create(
        member,
        description="a web server",
        count=1,
        availability_zone="kr-central-2-a",
        key_name="recorded",
        security_groups=[{"name": "default"}],
        user_data=user_data,
        is_disable_hyper_threading=True,
        is_bonding=False,
    )
    assert response.status_code == 202, response.text
    assert asked(populated) == ASKED | {
        "description": "a web server",
        "availability_zone": "nova",
        "key_name": SERVER["key_name"],
        "security_groups": [{"name": "default"}],
        "user_data": user_data,
    }


@pytest.mark.parametrize(
    "field",
    [
        "description",
        "availability_zone",
        "key_name",
        "security_groups",
        "user_data",
        "is_disable_hyper_threading",
        "is_bonding",
    ],
)
def test_null_and_left_out(member: Caller, populated: Cloud, field: str) -> None:
    """Null means what leaving it out means."""
    for value in (None, ...):
        populated.forget()
        assert create(member, **{field: value}).status_code == 202
        assert asked(populated) == ASKED


@pytest.mark.parametrize("field", ["subnets", "volumes"])
@pytest.mark.parametrize("value", [None, [], ...])
def test_required_arrays(member: Caller, populated: Cloud, field: str, value: Any) -> None:
    """The SDK sends null for an array that was left unset: 400 with the field's name."""
    assert refused(member, populated, **{field: value}).startswith(f"instance.{field}: ")
    assert populated.calls() == []


@pytest.mark.parametrize("field", ["name", "image_id", "flavor_id"])
def test_required_fields(member: Caller, populated: Cloud, field: str) -> None:
    """Without one of them it is 400 with the field's name."""
    assert refused(member, populated, **{field: ...}).startswith(f"instance.{field}: ")
    assert refused(member, populated, **{field: None}).startswith(f"instance.{field}: ")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"count": 0}, "count"),
        ({"count": -1}, "count"),
        ({"count": 21}, "at most 20"),
        ({"count": 1.5}, "count"),
        ({"count": "x"}, "count"),
        ({"count": 2, "subnets": [{"id": SUBNET["id"], "private_ip": "10.20.0.9"}]}, "private_ip"),
        (
            {
                "count": 2,
                "subnets": [{"id": SUBNET["id"], "network_interface_id": str(uuid.uuid4())}],
            },
            "network_interface_id",
        ),
        (
            {
                "count": 2,
                "volumes": [{"size": 5}, {"source_type": "volume", "uuid": str(uuid.uuid4())}],
            },
            "one volume",
        ),
    ],
)
def test_counts_that_cannot_be(member: Caller, populated: Cloud, changes: JSON, word: str) -> None:
    """What several instances cannot share is refused."""
    message = refused(member, populated, **changes)
    assert "count" in message
    assert word in message


@pytest.mark.parametrize("zone", ["nova", "kr-central-2-b", "", "KR-CENTRAL-2-A"])
def test_unknown_zone(member: Caller, populated: Cloud, zone: str) -> None:
    """A zone that clients do not have is refused with those they have."""
    message = refused(member, populated, availability_zone=zone)
    assert message.startswith("availability_zone: ")
    assert "kr-central-2-a" in message


@pytest.mark.parametrize(
    ("service", "path", "recorded", "field"),
    [
        ("nova", f"/flavors/{FLAVOR['id']}", "nova_404_flavor", "flavor_id"),
        ("glance", f"/images/{IMAGE['id']}", "glance_404", "image_id"),
    ],
)
def test_what_is_not_there(
    member: Caller, populated: Cloud, service: str, path: str, recorded: str, field: str
) -> None:
    """An id in the body that leads nowhere is a wrong value: 400 with its field, not 404."""
    populated.refuse("GET", service, path, recorded)
    assert refused(member, populated).startswith(f"{field}: there is no ")


def test_bare_metal(member: Caller, populated: Cloud) -> None:
    """A flavor for bare metal is refused, and so are bonded interfaces."""
    flavor = FLAVOR | {"extra_specs": {"kic:instance_type": "bm"}}
    populated.answer("GET", "nova", f"/flavors/{FLAVOR['id']}", {"flavor": flavor})
    assert refused(member, populated).startswith("flavor_id: ")
    assert "is_bonding" in refused(member, populated, is_bonding=True)


@pytest.mark.parametrize("status", ["queued", "saving", "deactivated", "killed"])
def test_image_that_is_not_ready(member: Caller, populated: Cloud, status: str) -> None:
    """Only an active image is taken."""
    populated.answer("GET", "glance", f"/images/{IMAGE['id']}", IMAGE | {"status": status})
    assert refused(member, populated).startswith("image_id: ")


@pytest.mark.parametrize(
    ("visibility", "owner", "status"),
    [
        ("private", PROJECT, 202),
        ("private", OTHER_PROJECT, 400),
        ("shared", OTHER_PROJECT, 202),
        ("community", OTHER_PROJECT, 202),
        ("public", OTHER_PROJECT, 202),
    ],
)
def test_whose_image(
    member: Caller, populated: Cloud, visibility: str, owner: str, status: int
) -> None:
    """A private image of another project is not there, though a cloud admin's token sees it."""
    image = IMAGE | {"visibility": visibility, "owner": owner}
    path = f"/images/{IMAGE['id']}"
    populated.answer("GET", "glance", path, image)
    populated.answer("GET", "glance", f"{path}/members/{PROJECT}", {"status": "pending"})
    assert create(member).status_code == status


@pytest.mark.parametrize(
    ("recorded", "status", "code", "begin"),
    [
        ("nova_400_key_name", 400, "invalid_request", "key_name: "),
        ("nova_400_zone", 400, "invalid_request", "availability_zone: "),
        ("nova_400_volume_type", 400, "invalid_request", "volumes.type_id: "),
        ("nova_400_group", 400, "invalid_request", "security_groups: "),
        ("nova_400_fixed_in_use", 409, "conflict", "subnets.private_ip: "),
        ("nova_409_port", 409, "conflict", "subnets.network_interface_id: "),
        ("nova_403_quota", 403, "quota_exceeded", "The project's quota of cores "),
        ("nova_403_policy", 403, "forbidden", "The cloud's own policy "),
    ],
)
def test_what_nova_refuses(
    member: Caller, populated: Cloud, recorded: str, status: int, code: str, begin: str
) -> None:
    """Nova's refusals say in the contract's words which field to change."""
    populated.refuse("POST", "nova", "/servers", recorded)
    error = refusal(create(member), status, code)
    assert error["message"].startswith(begin)


def test_quota_is_told(member: Caller, populated: Cloud) -> None:
    """How much is used and asked for is said, so that the caller knows what to delete."""
    populated.refuse("POST", "nova", "/servers", "nova_403_quota")
    error = refusal(create(member), 403, "quota_exceeded")
    assert (error["quota"], error["limit"], error["used"], error["requested"]) == ("cores", 1, 0, 2)
    assert "quota of cores does not allow this: 0 of 1 are in use, 2 more" in error["message"]


def test_security_groups(member: Caller, populated: Cloud) -> None:
    """Groups are looked up by name before Nova is asked: a name that is not there is refused."""
    message = refused(member, populated, security_groups=[{"name": "nobody"}])
    assert message == "security_groups: there is no security group 'nobody' in this project."
    both = body("security_groups")["security_groups"] + [{"id": GROUP[::-1], "name": "default"}]
    populated.answer("GET", "neutron", "/security-groups", {"security_groups": both})
    response = create(member, security_groups=[{"name": "default"}])
    assert "2 security groups are named 'default'" in refusal(response, 409, "conflict")["message"]
    assert populated.writes() == []


def test_empty_security_groups(member: Caller, populated: Cloud) -> None:
    """An empty list leaves the choice to the cloud, as null does."""
    assert create(member, security_groups=[]).status_code == 202
    assert asked(populated) == ASKED
    assert "security-groups" not in str(populated.calls())
