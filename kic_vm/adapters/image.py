"""Glance: images."""

from kic_vm.adapters import paging
from kic_vm.adapters.connection import JSON, Service, path


class Image(Service):
    """The image service in the name of one caller."""

    def get_image(self, image_id: str) -> JSON:
        """One image."""
        return self.json("GET", path("images", image_id))

    def list_images(self) -> list[JSON]:
        """All images that the caller sees, newest first, those still offered to it included."""

        def page(marker: str | None) -> JSON:
            return self.json(
                "GET", path("images", limit=paging.PAGE, marker=marker, member_status="all")
            )

        return paging.follow(page, "images")
