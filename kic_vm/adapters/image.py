# SPDX-License-Identifier: Apache-2.0
"""Glance: images and their members."""

from collections.abc import Mapping
from typing import Any, cast

from kic_vm.adapters import paging
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import Answer, Service
from kic_vm.resources import image as resources
from kic_vm.resources.image import ImageMember

_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


class Image(Service):
    """The image service, called on behalf of one caller."""

    def get_image(self, image_id: str) -> resources.Image:
        """One image; with a cloud admin's token, it can belong to another project."""
        return self._image("GET", path("images", image_id))

    def list_images(
        self, member_status: str = "all", visibility: str | None = None
    ) -> list[resources.Image]:
        """All images visible to the caller, newest first.

        :param member_status: the status of images shared with the caller; cloud admins get all
        :param visibility: only images with this visibility
        """

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path(
                    "images",
                    limit=paging.PAGE,
                    marker=marker,
                    member_status=member_status,
                    visibility=visibility,
                ),
            )

        return paging.follow(page, "images")

    def update_image(
        self, image_id: str, changes: Mapping[str, str | int | None]
    ) -> resources.Image:
        """Set properties of an image, or remove those that are None; the changed image."""
        operations = [
            {"op": "remove", "path": f"/{name}"}
            if value is None
            else {"op": "add", "path": f"/{name}", "value": value}
            for name, value in changes.items()
        ]
        return self._image("PATCH", path("images", image_id), json=operations, headers=_PATCH)

    def _image(self, method: str, path: str, **kwargs: Any) -> resources.Image:
        """The image that is the whole answer to a request."""
        return cast("resources.Image", self.json(method, path, **kwargs))

    def delete_image(self, image_id: str) -> None:
        """Delete an image."""
        self.request("DELETE", path("images", image_id))

    def list_members(self, image_id: str) -> list[ImageMember]:
        """The members of an image; a member sees only itself."""
        members: list[ImageMember] = self.json("GET", path("images", image_id, "members"))[
            "members"
        ]
        return members

    def get_member(self, image_id: str, project_id: str) -> ImageMember:
        """One member of an image."""
        return self._member("GET", path("images", image_id, "members", project_id))

    def add_member(self, image_id: str, project_id: str) -> ImageMember:
        """Add a project as a member of an image with visibility ``shared``."""
        members = path("images", image_id, "members")
        return self._member("POST", members, json={"member": project_id})

    def _member(self, method: str, path: str, **kwargs: Any) -> ImageMember:
        """The member that is the whole answer to a request."""
        return cast("ImageMember", self.json(method, path, **kwargs))

    def remove_member(self, image_id: str, project_id: str) -> None:
        """Remove a project from the members of an image."""
        self.request("DELETE", path("images", image_id, "members", project_id))
