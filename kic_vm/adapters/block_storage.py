"""Cinder: volumes."""

from kic_vm.adapters import paging
from kic_vm.adapters.connection import JSON, Service, path


class BlockStorage(Service):
    """The block storage service in the name of one caller."""

    def get_volume(self, volume_id: str) -> JSON:
        """One volume with its attachments and image metadata."""
        volume: JSON = self.json("GET", path("volumes", volume_id))["volume"]
        return volume

    def update_volume(self, volume_id: str, changes: JSON) -> None:
        """Rename or describe a volume."""
        self.request("PUT", path("volumes", volume_id), json={"volume": changes})

    def list_volumes(self) -> list[JSON]:
        """All volumes of the caller's project with their attachments and image metadata."""

        def page(marker: str | None) -> JSON:
            return self.json("GET", path("volumes", "detail", limit=paging.PAGE, marker=marker))

        return paging.follow(page, "volumes")
