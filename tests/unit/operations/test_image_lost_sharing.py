# SPDX-License-Identifier: Apache-2.0
"""A private image is shared, and Glance's answer to that is lost."""

from typing import Any

import pytest
import requests

from tests.unit.bodies import IMAGE_MEMBER, OWN_IMAGE
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import KEY, settle

JSON = dict[str, Any]
GLANCE = f"/images/{OWN_IMAGE['id']}"
SHARE = f"/api/v1/images/{OWN_IMAGE['id']}/members/{IMAGE_MEMBER['member_id']}"


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


class Glance:
    """An image that was shared with three projects before it became private."""

    def __init__(self, cloud: Cloud) -> None:
        self.image = OWN_IMAGE | {"visibility": "private", "updated_at": "2026-11-24T06:00:00Z"}
        former = ("1" * 32, "2" * 32, IMAGE_MEMBER["member_id"])
        self.members = [IMAGE_MEMBER | {"member_id": project_id} for project_id in former]
        self.is_losing = True
        """Whether the answer to the next change is lost."""
        cloud.answer("GET", "glance", GLANCE, lambda *_: self.image)
        cloud.answer("GET", "glance", f"{GLANCE}/members", lambda *_: {"members": self.members})
        cloud.answer("PATCH", "glance", GLANCE, self._change)
        cloud.answer("POST", "glance", f"{GLANCE}/members", self._add)
        for one in self.members:
            path = f"{GLANCE}/members/{one['member_id']}"
            cloud.answer("DELETE", "glance", path, self._remove, status=204)

    def _change(self, request: Request, _context: Any) -> JSON:
        for change in request.json():
            name = change["path"].lstrip("/")
            if change["op"] == "remove":
                self.image = {key: self.image[key] for key in self.image if key != name}
            else:
                self.image = self.image | {name: change["value"]}
        if self.is_losing:
            self.is_losing = False
            raise requests.ReadTimeout
        return self.image

    def _add(self, request: Request, _context: Any) -> JSON:
        added = IMAGE_MEMBER | {
            "member_id": request.json()["member"],
            "created_at": "2026-11-24T06:01:00Z",
        }
        self.members = [*self.members, added]
        return added

    def _remove(self, request: Request, _context: Any) -> JSON:
        project_id = request.url.rpartition("/")[2]
        self.members = [one for one in self.members if one["member_id"] != project_id]
        return {}


@pytest.mark.parametrize("headers", [{}, KEY], ids=["without a key", "with a key"])
def test_former_members_stay_out(
    member: Caller, populated: Cloud, store: FakeRedis, headers: JSON
) -> None:
    """The retry finds the image shared, and removes the projects that had it before."""
    glance = Glance(populated)
    refusal(member.post(SHARE, headers=headers), 504, "upstream_timeout")
    assert glance.image["visibility"] == "shared"
    settle(store)
    response = member.post(SHARE, headers=headers)
    assert response.status_code == 200, response.text
    (one,) = glance.members
    assert one["member_id"] == IMAGE_MEMBER["member_id"]
    assert one["created_at"] > glance.image["updated_at"]
    assert glance.image.keys() == OWN_IMAGE.keys()


def test_members_of_a_shared_image_stay(member: Caller, populated: Cloud) -> None:
    """An image that the gateway did not just share has no former members."""
    glance = Glance(populated)
    glance.is_losing = False
    glance.image["visibility"] = "shared"
    glance.members.pop()
    assert member.post(SHARE).status_code == 200
    assert len(glance.members) == 3
