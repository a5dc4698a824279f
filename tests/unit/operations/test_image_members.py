# SPDX-License-Identifier: Apache-2.0
"""Images shared between projects, seen from both sides."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.operations.images.members import OPENED
from tests.contract import check
from tests.unit.bodies import IMAGE, IMAGE_MEMBER, OWN_IMAGE, error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT, PROJECT

JSON = dict[str, Any]
ONE = f"/api/v1/images/{OWN_IMAGE['id']}"
ALL = f"{ONE}/members"
THIRD = IMAGE_MEMBER["member_id"]
GLANCE = f"/images/{OWN_IMAGE['id']}"
PRIVATE = OWN_IMAGE | {"visibility": "private"}
OFFERED = OWN_IMAGE | {"owner": OTHER_PROJECT}


def patches(cloud: Cloud) -> list[Any]:
    return [one["visibility"] for one in patched(cloud) if "visibility" in one]


def patched(cloud: Cloud) -> list[JSON]:
    """The properties that each PATCH sets; None where it removes one."""
    return [
        {change["path"].lstrip("/"): change.get("value") for change in request.json()}
        for request in cloud.sent("glance", "PATCH")
    ]


class TestOwner:
    """Whose image it is shares it."""

    def test_list(self, reader: Caller, populated: Cloud) -> None:
        """Pending or accepted, the other project has it; rejected, it has not."""
        members = [
            IMAGE_MEMBER | {"member_id": str(number) * 32, "status": status}
            for number, status in enumerate(("pending", "accepted", "rejected"))
        ]
        populated.answer("GET", "glance", f"{GLANCE}/members", {"members": members})
        listed = reader.get(ALL).json
        assert check("image", "ListImageSharedProjects", listed) == []
        assert {one["status"]: one["is_shared"] for one in listed["members"]} == {
            "pending": True,
            "accepted": True,
            "rejected": False,
        }
        assert listed["pagination"] == {"total": 3, "offset": 0, "limit": 20}
        assert len(reader.get(f"{ALL}?limit=1&offset=1").json["members"]) == 1

    def test_list_of_a_private_image(self, reader: Caller, populated: Cloud) -> None:
        """Glance refuses to list its members; there are none."""
        populated.answer("GET", "glance", GLANCE, PRIVATE)
        assert reader.get(ALL).json["members"] == []
        assert populated.calls() == [f"GET glance {GLANCE}"]

    def test_first_share(self, member: Caller, populated: Cloud) -> None:
        """A private image is made one that can be shared; no acceptance is waited for."""
        populated.answer("GET", "glance", GLANCE, PRIVATE)
        response = member.post(f"{ALL}/{THIRD}")
        assert response.status_code == 200, response.text
        assert check("image", "AddImageShare", response.json) == []
        assert response.json["member"] == {
            "id": THIRD,
            "image_id": OWN_IMAGE["id"],
            "status": "pending",
            "created_at": "2026-11-24T04:50:12Z",
            "updated_at": "2026-11-24T04:50:12Z",
        }
        assert patched(populated) == [
            {"visibility": "shared", OPENED: PRIVATE["updated_at"]},
            {OPENED: None},
        ]
        (request,) = populated.sent("glance", "POST")
        assert request.json() == {"member": THIRD}

    def test_next_share(self, member: Caller, populated: Cloud) -> None:
        """One that is shared already stays as it is."""
        assert member.post(f"{ALL}/{THIRD}").status_code == 200
        assert patches(populated) == []

    def test_failing_share(self, member: Caller, populated: Cloud) -> None:
        """A private image reads private again."""
        populated.answer("GET", "glance", GLANCE, PRIVATE)
        populated.answer("POST", "glance", f"{GLANCE}/members", status=403)
        populated.answer("GET", "glance", f"{GLANCE}/members", {"members": []})
        refusal(member.post(f"{ALL}/{THIRD}"), 403, "forbidden")
        assert patched(populated)[-1] == {"visibility": "private"}

    def test_lost_share(self, member: Caller, populated: Cloud) -> None:
        """What a lost request may still need stays."""
        populated.answer("GET", "glance", GLANCE, PRIVATE)
        populated.answer("POST", "glance", f"{GLANCE}/members", status=500)
        refusal(member.post(f"{ALL}/{THIRD}"), 502, "upstream_error")
        assert "private" not in patches(populated)

    def test_former_members(self, member: Caller, populated: Cloud) -> None:
        """Who had the image before it became private is not let in again with the new one."""
        populated.answer("GET", "glance", GLANCE, PRIVATE | {"updated_at": "2026-11-24T06:00:00Z"})
        former = [
            IMAGE_MEMBER | {"member_id": number * 32, "status": status}
            for number, status in (("1", "accepted"), ("2", "pending"))
        ]
        newer = IMAGE_MEMBER | {"member_id": "3" * 32, "created_at": "2026-11-24T06:00:01Z"}
        populated.answer("GET", "glance", f"{GLANCE}/members", {"members": [*former, newer]})
        for one in former:
            path = f"{GLANCE}/members/{one['member_id']}"
            populated.answer("DELETE", "glance", path, status=204)
        assert member.post(f"{ALL}/{THIRD}").status_code == 200
        assert sorted(populated.writes()) == sorted(
            [
                f"PATCH glance {GLANCE}",
                f"PATCH glance {GLANCE}",
                *(f"DELETE glance {GLANCE}/members/{one['member_id']}" for one in former),
                f"POST glance {GLANCE}/members",
            ]
        )

    def test_former_members_stay_out(self, member: Caller, populated: Cloud) -> None:
        """Where they cannot be removed, the image becomes private again."""
        private = PRIVATE | {"updated_at": "2026-11-24T06:00:00Z"}
        opened = private | {OPENED: private["updated_at"]}
        populated.answer_in_turn("GET", "glance", GLANCE, [{"json": private}, {"json": opened}])
        members = {"members": [IMAGE_MEMBER | {"member_id": "1" * 32}]}
        populated.answer("GET", "glance", f"{GLANCE}/members", members)
        populated.answer("DELETE", "glance", f"{GLANCE}/members/{'1' * 32}", status=403)
        refusal(member.post(f"{ALL}/{THIRD}"), 403, "forbidden")
        assert patched(populated)[-1] == {"visibility": "private", OPENED: None}
        assert populated.sent("glance", "POST") == []

    @pytest.mark.parametrize("status", ["saving", "uploading", "importing"])
    @pytest.mark.parametrize(
        ("method", "path", "json"),
        [
            ("PUT", ONE, {"image": {"name": "another"}}),
            ("PUT", ONE, {"image": {"description": None}}),
            ("POST", f"{ALL}/{THIRD}", None),
            ("DELETE", f"{ALL}/{THIRD}", None),
        ],
    )
    def test_while_it_is_saved(
        self,
        member: Caller,
        populated: Cloud,
        status: str,
        method: str,
        path: str,
        json: JSON | None,
    ) -> None:
        """A change would be undone when the data is there: it is refused until then."""
        for visibility in ("private", "shared"):
            image = OWN_IMAGE | {"status": status, "visibility": visibility}
            populated.answer("GET", "glance", GLANCE, image)
            message = refusal(member.request(method, path, json=json), 409, "invalid_state")
            assert "active" in message["message"]
        assert populated.writes() == []

    def test_twice(self, member: Caller, populated: Cloud) -> None:
        """It is 409."""
        words = f"Member {THIRD} is duplicated for image {OWN_IMAGE['id']}"
        populated.answer("POST", "glance", f"{GLANCE}/members", status=409, text=words)
        refusal(member.post(f"{ALL}/{THIRD}"), 409, "already_exists")

    def test_with_itself(self, member: Caller, populated: Cloud) -> None:
        """It would mean nothing."""
        refusal(member.post(f"{ALL}/{PROJECT}"), 400, "invalid_request")
        assert populated.writes() == []

    @pytest.mark.parametrize("visibility", ["public", "community"])
    def test_everybodys(self, member: Caller, populated: Cloud, visibility: str) -> None:
        """What everybody may use needs no share."""
        populated.answer("GET", "glance", GLANCE, OWN_IMAGE | {"visibility": visibility})
        refusal(member.post(f"{ALL}/{THIRD}"), 409, "conflict")

    def test_no_such_project(self, member: Caller, populated: Cloud) -> None:
        """Glance would take any text for a project; the gateway asks Keystone."""
        populated.answer("GET", "keystone", f"/projects/{THIRD}", **error("keystone_404_project"))
        assert "member_id" in refusal(member.post(f"{ALL}/{THIRD}"), 404, "not_found")["message"]
        assert populated.writes() == []

    def test_gateway_may_not_look(self, member: Caller, populated: Cloud) -> None:
        """Where the operator does not let it, Glance's word counts."""
        populated.answer("GET", "keystone", f"/projects/{THIRD}", status=403)
        assert member.post(f"{ALL}/{THIRD}").status_code == 200

    def test_last_removal(self, member: Caller, populated: Cloud) -> None:
        """The image reads private when nobody has it any more."""
        assert member.delete(f"{ALL}/{THIRD}").status_code == 204
        assert patches(populated) == []
        populated.answer("GET", "glance", f"{GLANCE}/members", {"members": []})
        assert member.delete(f"{ALL}/{THIRD}").status_code == 204
        assert patches(populated) == ["private"]

    def test_removal_of_a_stranger(self, member: Caller, populated: Cloud) -> None:
        """It is 404, for a private image without a further call."""
        populated.answer("DELETE", "glance", f"{GLANCE}/members/{THIRD}", **error("glance_404"))
        refusal(member.delete(f"{ALL}/{THIRD}"), 404, "not_found")
        populated.answer("GET", "glance", GLANCE, PRIVATE)
        populated.forget()
        refusal(member.delete(f"{ALL}/{THIRD}"), 404, "not_found")
        assert populated.writes() == []


class TestReceiver:
    """To whom it is offered."""

    @pytest.fixture
    def offered(self, populated: Cloud) -> Cloud:
        """Another project's image is offered to this one."""
        populated.answer("GET", "glance", GLANCE, OFFERED)
        self.answered(populated, "pending")
        return populated

    @staticmethod
    def answered(cloud: Cloud, status: str) -> None:
        shown = IMAGE_MEMBER | {"member_id": PROJECT, "status": status}
        cloud.answer("GET", "glance", f"{GLANCE}/members/{PROJECT}", shown)
        cloud.answer("GET", "glance", "/images", {"images": [IMAGE, OFFERED]})
        for one in ("pending", "accepted"):
            path = f"/images?visibility=shared&member_status={one}"
            cloud.answer("GET", "glance", path, {"images": [OFFERED] if one == status else []})

    @pytest.mark.parametrize("status", ["pending", "accepted", "rejected"])
    def test_seen(self, reader: Caller, offered: Cloud, status: str) -> None:
        """What this project has answered is told, by get, list and filter."""
        self.answered(offered, status)
        image = reader.get(ONE).json["image"]
        assert (image["image_member_status"], image["is_shared"]) == (status, True)
        listed = reader.get(f"/api/v1/images?image_member_status={status}").json
        assert check("image", "ListImages", listed) == []
        assert [one["id"] for one in listed["images"]] == [OWN_IMAGE["id"]]

    def test_calls(self, reader: Caller, offered: Cloud) -> None:
        """A list is three calls, however many images are offered."""
        offered.forget()
        reader.get("/api/v1/images")
        assert len(offered.calls()) == 3

    @pytest.mark.parametrize(
        ("method", "path", "json"),
        [
            ("PUT", ONE, {"image": {"name": "mine"}}),
            ("DELETE", ONE, None),
            ("GET", ALL, None),
            ("POST", f"{ALL}/{THIRD}", None),
            ("DELETE", f"{ALL}/{PROJECT}", None),
        ],
    )
    def test_not_its_own(
        self, member: Caller, offered: Cloud, method: str, path: str, json: JSON | None
    ) -> None:
        """It is used, and changed by nobody but its owner."""
        refusal(member.request(method, path, json=json), 403, "forbidden")
        assert offered.writes() == []


@pytest.mark.parametrize("is_offered", [True, False])
def test_cloud_admin(caller: Callable[[str], Caller], populated: Cloud, is_offered: bool) -> None:
    """To one Glance shows every shared image, whatever was asked; only offered ones are there."""
    populated.answer("GET", "glance", GLANCE, OFFERED)
    populated.answer("GET", "glance", "/images", {"images": [IMAGE, OFFERED]})
    shown = {"json": IMAGE_MEMBER | {"status": "accepted"}} if is_offered else error("glance_404")
    populated.answer("GET", "glance", f"{GLANCE}/members/{PROJECT}", **shown)
    operator = caller("operator-here")
    expected = [IMAGE["id"], OWN_IMAGE["id"]] if is_offered else [IMAGE["id"]]
    listed = operator.get("/api/v1/images?sort_keys=name&sort_dirs=desc").json["images"]
    assert sorted(one["id"] for one in listed) == sorted(expected)
    assert operator.get(ONE).status_code == (200 if is_offered else 404)
