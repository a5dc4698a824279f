"""Glance: images and the projects they are offered to."""

from kic_vm.adapters import paging
from kic_vm.adapters.connection import JSON, Answer, Service, path

_PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


class Image(Service):
    """The image service in the name of one caller."""

    def get_image(self, image_id: str) -> JSON:
        """One image; with a cloud admin's token it may be another project's."""
        return self.json("GET", path("images", image_id))

    def list_images(self, member_status: str = "all", visibility: str | None = None) -> list[JSON]:
        """All images that the caller sees, newest first.

        :param member_status: of those offered to the caller, which; a cloud admin gets all
        :param visibility: only those of this one
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
        """Set properties of an image, or take away those that are None; the changed image."""
        operations = [
            {"op": "remove", "path": f"/{name}"}
            if value is None
            else {"op": "add", "path": f"/{name}", "value": value}
            for name, value in changes.items()
        ]
        return self.json("PATCH", path("images", image_id), json=operations, headers=_PATCH)

    def delete_image(self, image_id: str) -> None:
        """Remove an image."""
        self.request("DELETE", path("images", image_id))

    def list_members(self, image_id: str) -> list[JSON]:
        """The projects an image is offered to; to one of those, itself alone."""
        members: list[JSON] = self.json("GET", path("images", image_id, "members"))["members"]
        return members

    def get_member(self, image_id: str, project_id: str) -> JSON:
        """One of the projects that an image is offered to."""
        return self.json("GET", path("images", image_id, "members", project_id))

    def add_member(self, image_id: str, project_id: str) -> JSON:
        """Offer an image whose visibility is ``shared`` to a project."""
        return self.json("POST", path("images", image_id, "members"), json={"member": project_id})

    def remove_member(self, image_id: str, project_id: str) -> None:
        """Offer an image to a project no longer."""
        self.request("DELETE", path("images", image_id, "members", project_id))
