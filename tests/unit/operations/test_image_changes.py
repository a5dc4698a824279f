# SPDX-License-Identifier: Apache-2.0
"""Images of one's own: made of root volumes, renamed, deleted."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import IMAGE, OWN_IMAGE, ROOT_VOLUME, body
from tests.unit.cloud import MICROVERSION, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
ONE = f"/api/v1/images/{OWN_IMAGE['id']}"
GLANCE = f"/images/{OWN_IMAGE['id']}"
MAKE = f"/api/v1/volumes/{ROOT_VOLUME}/image"
ACTION = f"/volumes/{ROOT_VOLUME}/action"
WANTED = {"name": "of a machine", "description": "before the update"}
# The root volume's size in GiB, and the min_ram of the image that it was made from.
NEEDS = [
    {"op": "add", "path": "/min_disk", "value": 5},
    {"op": "add", "path": "/min_ram", "value": 512},
]


def patched(cloud: Cloud) -> Any:
    """What Glance was asked to change."""
    (request,) = cloud.sent("glance", "PATCH")
    assert request.headers["Content-Type"] == "application/openstack-images-v2.1-json-patch"
    return request.json()


def root_volume(cloud: Cloud, **changes: Any) -> None:
    """Have Cinder show the root volume with these changes."""
    (volume,) = (one for one in body("volumes")["volumes"] if one["id"] == ROOT_VOLUME)
    cloud.answer("GET", "cinder", f"/volumes/{ROOT_VOLUME}", {"volume": volume | changes})


def make(caller: Caller, **changes: Any) -> Any:
    return caller.post(MAKE, json={"image": WANTED | changes})


class TestMake:
    """POST /api/v1/volumes/{volume_id}/image."""

    @pytest.fixture(autouse=True)
    def uploading(self, populated: Cloud) -> None:
        """Glance shows the image as Cinder begins it: without the old one's min_disk, min_ram."""
        begun = OWN_IMAGE | {"status": "queued", "min_disk": 0, "min_ram": 0}
        populated.answer("GET", "glance", GLANCE, begun)

    def test_whole(self, member: Caller, populated: Cloud) -> None:
        """Cinder is asked for a raw, private image, of an attached volume too; it is answered."""
        response = make(member)
        assert response.status_code == 202, response.text
        assert check("volume", "CreateImage", response.json) == []
        image = response.json["image"]
        assert (image["id"], image["name"]) == (OWN_IMAGE["id"], "of a machine")
        assert image["os_info"]["distro"] == "ubuntu"
        (request,) = populated.sent("cinder", "POST")
        assert request.json() == {
            "os-volume_upload_image": {
                "image_name": "of a machine",
                "disk_format": "raw",
                "container_format": "bare",
                "visibility": "private",
                "protected": False,
                "force": True,
            }
        }
        assert request.headers[MICROVERSION] == "volume 3.1"
        assert len(populated.calls()) == 5

    def test_needs(self, member: Caller, populated: Cloud) -> None:
        """It asks for the whole size of the volume, and for the memory that its system needs."""
        make(member)
        assert patched(populated) == NEEDS

    @pytest.mark.parametrize("metadata", [None, {}, {"min_ram": "much"}])
    def test_unknown_memory(self, member: Caller, populated: Cloud, metadata: JSON | None) -> None:
        """Of a volume that was made from no image only the size is known."""
        root_volume(populated, volume_image_metadata=metadata)
        make(member)
        assert patched(populated) == NEEDS[:1]

    def test_nothing_to_add(self, member: Caller, populated: Cloud) -> None:
        """A Cinder that has told Glance all of it is left its word."""
        whole = OWN_IMAGE | {"min_disk": 5}
        populated.answer("GET", "glance", GLANCE, whole)
        make(member)
        assert populated.sent("glance", "PATCH") == []

    def test_description(self, member: Caller, populated: Cloud) -> None:
        """Glance is told it, as Cinder takes none."""
        make(member, description="another")
        change = {"op": "add", "path": "/description", "value": "another"}
        assert patched(populated) == [*NEEDS, change]

    def test_inherited_description(self, member: Caller, populated: Cloud) -> None:
        """That of the image which the volume was made from does not come along."""
        make(member, description=None)
        assert patched(populated) == [*NEEDS, {"op": "remove", "path": "/description"}]

    @pytest.mark.parametrize(("description", "sent"), [("another", "another"), (None, "")])
    def test_description_of_the_source(
        self, member: Caller, populated: Cloud, description: str | None, sent: str
    ) -> None:
        """Cinder would write the old one over the new one at the end: it gets the new one first."""
        root_volume(populated, volume_image_metadata={"description": "of the source"})
        make(member, description=description)
        first, second = populated.sent("cinder", "POST")
        assert first.json() == {"os-set_image_metadata": {"metadata": {"description": sent}}}
        assert "os-volume_upload_image" in second.json()

    def test_refused(self, member: Caller, populated: Cloud) -> None:
        """The volume keeps the description that it has from its own image."""
        root_volume(populated, volume_image_metadata={"description": "of the source"})

        def act(request: Request, context: Any) -> JSON:
            context.status_code = 400 if "os-volume_upload_image" in request.json() else 200
            return {}

        populated.answer("POST", "cinder", f"/volumes/{ROOT_VOLUME}/action", act)
        error = make(member, description="another").json["error"]
        assert "outcome" not in error
        sent = [one.json().get("os-set_image_metadata") for one in populated.sent("cinder", "POST")]
        assert sent == [
            {"metadata": {"description": "another"}},
            None,
            {"metadata": {"description": "of the source"}},
        ]

    @pytest.mark.parametrize("metadata", [{}, {"description": "same"}])
    def test_same_description(self, member: Caller, populated: Cloud, metadata: JSON) -> None:
        """Where Cinder has none or the same, it is not changed."""
        root_volume(populated, volume_image_metadata=metadata)
        make(member, description="same")
        assert len(populated.sent("cinder", "POST")) == 1

    def test_description_fails(self, member: Caller, populated: Cloud, lines: list[str]) -> None:
        """The image is being made: it is answered, and the log says what it lacks."""
        populated.answer("PATCH", "glance", GLANCE, status=500)
        response = make(member, description="another")
        assert response.status_code == 202
        assert response.json["image"]["description"] == "before the update"
        assert any(OWN_IMAGE["id"] in line and line.startswith("WARNING") for line in lines)

    def test_glance_is_silent(self, member: Caller, populated: Cloud) -> None:
        """What is known without Glance is answered, so that the image can be found."""
        populated.answer("GET", "glance", GLANCE, status=503)
        image = make(member).json["image"]
        assert (image["id"], image["status"], image["name"]) == (
            OWN_IMAGE["id"],
            "queued",
            "of a machine",
        )
        assert check("volume", "CreateImage", {"image": image}) == []

    def test_data_volume(self, member: Caller, populated: Cloud) -> None:
        """Only a bootable volume becomes an image."""
        root_volume(populated, bootable="false")
        error = refusal(make(member), 409, "invalid_state")
        assert "images can only be made of bootable volumes" in error["message"]
        assert "create-image" not in error["allowed_actions"]
        assert populated.writes() == []

    @pytest.mark.parametrize("status", ["uploading", "creating", "attaching", "error", "reserved"])
    def test_states(self, member: Caller, populated: Cloud, status: str) -> None:
        """In any state but Active and In-use it is refused."""
        root_volume(populated, status=status)
        assert "allowed_actions" in refusal(make(member), 409, "invalid_state")
        assert populated.writes() == []

    def test_cloud_without_force(self, member: Caller, populated: Cloud) -> None:
        """Where Cinder takes free volumes only, the way round is told."""
        message = f"Invalid volume: Volume {ROOT_VOLUME} status must be available"
        refused = {"badRequest": {"code": 400, "message": message}}
        root_volume(populated, status="in-use")
        populated.answer("POST", "cinder", ACTION, refused, 400)
        assert "attached" in refusal(make(member), 409, "conflict")["message"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, "image.name"),
            ({"name": None}, "image.name"),
            ({"description": "x" * 256}, "image.description"),
            ({"visibility": "public"}, "image.visibility"),
        ],
    )
    def test_bad_input(self, member: Caller, populated: Cloud, changes: JSON, field: str) -> None:
        """The field is named and nothing is asked."""
        assert refusal(make(member, **changes), 400, "invalid_request")["message"].startswith(field)
        assert populated.calls() == []


class TestUpdate:
    """PUT /api/v1/images/{image_id}."""

    def test_name(self, member: Caller, populated: Cloud) -> None:
        """It is set in Glance, whose answer is told."""
        populated.answer("PATCH", "glance", GLANCE, OWN_IMAGE | {"name": "renamed"})
        response = member.put(ONE, json={"image": {"name": "renamed"}})
        assert response.status_code == 200
        assert check("image", "UpdateImage", response.json) == []
        assert response.json["image"]["name"] == "renamed"
        assert patched(populated) == [{"op": "add", "path": "/name", "value": "renamed"}]

    def test_description_away(self, member: Caller, populated: Cloud) -> None:
        """Null takes it away, and asks nothing where there is none."""
        member.put(ONE, json={"image": {"description": None}})
        assert patched(populated) == [{"op": "remove", "path": "/description"}]
        populated.forget()
        bare = {key: value for key, value in OWN_IMAGE.items() if key != "description"}
        populated.answer("GET", "glance", GLANCE, bare)
        assert member.put(ONE, json={"image": {"description": None}}).status_code == 200
        assert populated.writes() == []

    @pytest.mark.parametrize("image", [{}, {"name": None}, {"name": ""}, {"min_disk": 5}])
    def test_nothing_to_change(self, member: Caller, populated: Cloud, image: JSON) -> None:
        """It is 400, and nothing is asked."""
        refusal(member.put(ONE, json={"image": image}), 400, "invalid_request")
        assert populated.writes() == []


class TestDelete:
    """DELETE /api/v1/images/{image_id}."""

    def test_gone(self, member: Caller, populated: Cloud) -> None:
        """It is removed, in two calls."""
        assert member.delete(ONE).status_code == 204
        assert populated.calls() == [f"DELETE glance {GLANCE}", f"GET glance {GLANCE}"]

    def test_protected(self, member: Caller, populated: Cloud) -> None:
        """It is told before Glance is asked."""
        populated.answer("GET", "glance", GLANCE, OWN_IMAGE | {"protected": True})
        assert "protected" in refusal(member.delete(ONE), 409, "conflict")["message"]
        assert populated.writes() == []

    def test_needed_by_its_store(self, member: Caller, populated: Cloud) -> None:
        """Ceph keeps images of which volumes are clones."""
        words = f"409 Conflict\n\nImage {OWN_IMAGE['id']} could not be deleted because it is in use"
        populated.answer("DELETE", "glance", GLANCE, status=409, text=f"{words}: by the store.")
        assert "volumes" in refusal(member.delete(ONE), 409, "conflict")["message"]


@pytest.mark.parametrize(("method", "json"), [("PUT", {"image": {"name": "x"}}), ("DELETE", None)])
def test_of_others(member: Caller, populated: Cloud, method: str, json: JSON | None) -> None:
    """What everybody sees is its owner's to change; what nobody else sees is not there."""
    public = f"/api/v1/images/{IMAGE['id']}"
    assert (
        "Only the owning project"
        in refusal(member.request(method, public, json=json), 403, "forbidden")["message"]
    )
    theirs = OWN_IMAGE | {"owner": OTHER_PROJECT, "visibility": "private"}
    populated.answer("GET", "glance", GLANCE, theirs)
    refusal(member.request(method, ONE, json=json), 404, "not_found")
    assert populated.writes() == []
