# SPDX-License-Identifier: Apache-2.0
"""Glance: images and their members."""

from kic_vm.adapters import paging
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import JSON, Answer, Service

_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


class Image(Service):
    """The image service, called on behalf of one caller."""

    def get_image(self, image_id: str) -> JSON:
        """One image; with a cloud admin's token, it can belong to another project."""
        return self.json("GET", path("images", image_id))

    def list_images(self, member_status: str = "all", visibility: str | None = None) -> list[JSON]:
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

    def update_image(self, image_id: str, changes: JSON) -> JSON:
        """Set properties of an image, or remove those that are None; the changed image."""
        operations = [
            {"op": "remove", "path": f"/{name}"}
            if value is None
            else {"op": "add", "path": f"/{name}", "value": value}
            for name, value in changes.items()
        ]
        return self.json("PATCH", path("images", image_id), json=operations, headers=_PATCH)

    def delete_image(self, image_id: str) -> None:
        """Delete an image."""
        self.request("DELETE", path("images", image_id))

    def list_members(self, image_id: str) -> list[JSON]:
        """The members of an image; a member sees only itself."""
        members: list[JSON] = self.json("GET", path("images", image_id, "members"))["members"]
        return members

    def get_member(self, image_id: str, project_id: str) -> JSON:
        """One member of an image."""
        return self.json("GET", path("images", image_id, "members", project_id))

    def add_member(self, image_id: str, project_id: str) -> JSON:
        """Add a project as a member of an image with visibility ``shared``."""
        return self.json("POST", path("images", image_id, "members"), json={"member": project_id})

    def remove_member(self, image_id: str, project_id: str) -> None:
        """Remove a project from the members of an image."""
        self.request("DELETE", path("images", image_id, "members", project_id))
