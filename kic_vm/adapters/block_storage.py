# SPDX-License-Identifier: Apache-2.0
"""Cinder: volumes, their types and snapshots."""

import json
from collections.abc import Mapping

from kic_vm import exceptions
from kic_vm.adapters import absence, paging, quotas
from kic_vm.adapters.paths import path
from kic_vm.adapters.quotas import Figures
from kic_vm.adapters.service import Answer, Service
from kic_vm.resources.block_storage import (
    Attachment,
    ChangedSnapshot,
    CreatedVolume,
    Snapshot,
    SnapshotRequest,
    Volume,
    VolumeRequest,
    VolumeType,
)
from kic_vm.schemas.texts import with_stored_description

# Lowest microversions that have the fields that the gateway returns.
VOLUME = "3.64"  # encryption_key_id; filters by time since 3.60
ATTACHMENTS = "3.27"  # includes reservations
UPLOAD = "3.1"  # visibility
EXTEND = "3.42"  # works for attached volumes
SNAPSHOT = "3.41"  # user_id


class BlockStorage(Service):
    """The block storage service, called on behalf of one caller."""

    def get_volume(self, volume_id: str) -> Volume:
        """One volume with its attachments and image metadata."""
        volume: Volume = self.json("GET", path("volumes", volume_id), microversion=VOLUME)["volume"]
        return volume

    def find_volume(self, volume_id: str) -> Volume | None:
        """A volume; None if Cinder has no volume with this id.

        For a volume of another project, None is proof only with an admin's token: see ``is_admin``.

        :raises KicVmError: Cinder fails, or a 404 is not Cinder's own answer about this volume
        """
        volume: Volume | None = absence.find(
            self, path("volumes", volume_id), "volume", volume_id, microversion=VOLUME
        )
        return volume

    def is_admin(self) -> bool:
        """Whether the caller is an admin for Cinder, and so sees the volumes of all projects.

        Cinder lists its services for admins only. The filter keeps the answer short.
        """
        try:
            self.json("GET", path("os-services", binary="none"), microversion=VOLUME)
        except exceptions.Forbidden:
            return False
        return True

    def list_volumes(self, made: tuple[str, str] | None = None) -> list[Volume]:
        """The volumes of the caller's project with their attachments and image metadata.

        :param made: earliest and latest creation time; by default all volumes
        """
        created_at = f"gte:{made[0]},lte:{made[1]}" if made else None

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path(
                    "volumes",
                    "detail",
                    limit=paging.PAGE,
                    marker=marker,
                    created_at=created_at,
                ),
                microversion=VOLUME,
            )

        return paging.follow(page, "volumes")

    def list_all_volumes(self, changed_since: str | None = None) -> list[Volume]:
        """The volumes of all projects; for cloud admins.

        :param changed_since: only those that have changed since this time
        """
        updated_at = f"gte:{changed_since}" if changed_since else None

        def page(marker: str | None) -> Answer:
            return self.json(
                "GET",
                path(
                    "volumes",
                    "detail",
                    all_tenants="1",
                    limit=paging.PAGE,
                    marker=marker,
                    updated_at=updated_at,
                ),
                microversion=VOLUME,
            )

        return paging.follow(page, "volumes")

    def list_marked_volumes(self, metadata: dict[str, str]) -> list[Volume]:
        """The volumes of the caller's project with these metadata, at most one page."""
        volumes: list[Volume] = self.json(
            "GET",
            path("volumes", "detail", metadata=json.dumps(metadata), limit=paging.PAGE),
            microversion=VOLUME,
        )["volumes"]
        return volumes

    def create_volume(self, volume: VolumeRequest) -> CreatedVolume:
        """Create a volume; the answer lacks its project and image metadata."""
        created: CreatedVolume = self.json(
            "POST", "/volumes", json={"volume": with_stored_description(volume)}
        )["volume"]
        return created

    def update_volume(self, volume_id: str, changes: Mapping[str, str | None]) -> CreatedVolume:
        """Change a volume's name or description; the answer has the same fields as a creation."""
        updated: CreatedVolume = self.json(
            "PUT", path("volumes", volume_id), json={"volume": with_stored_description(changes)}
        )["volume"]
        return updated

    def delete_volume(self, volume_id: str) -> None:
        """Start deleting a volume that has no snapshots."""
        self.request("DELETE", path("volumes", volume_id))

    def extend_volume(self, volume_id: str, size: int) -> None:
        """Start extending a volume, attached or not."""
        self.request(
            "POST",
            path("volumes", volume_id, "action"),
            json={"os-extend": {"new_size": size}},
            microversion=EXTEND,
        )

    def set_image_metadata(self, volume_id: str, metadata: dict[str, str]) -> None:
        """Set properties in a volume's copy of the properties of its image."""
        self.request(
            "POST",
            path("volumes", volume_id, "action"),
            json={"os-set_image_metadata": {"metadata": metadata}},
        )

    def upload_volume(self, volume_id: str, name: str) -> str:
        """Start creating an image from a volume, attached or not; the image's id.

        For attached volumes, Cinder must have ``enable_force_upload`` set.
        """
        upload = {
            "image_name": name,
            "disk_format": "raw",
            "container_format": "bare",
            "visibility": "private",
            "protected": False,
            "force": True,
        }
        image_id: str = self.json(
            "POST",
            path("volumes", volume_id, "action"),
            json={"os-volume_upload_image": upload},
            microversion=UPLOAD,
        )["os-volume_upload_image"]["image_id"]
        return image_id

    def list_attachments(self, volume_id: str) -> list[Attachment]:
        """The attachments of a volume, including reserved ones."""
        attachments: list[Attachment] = self.json(
            "GET", path("attachments", volume_id=volume_id), microversion=ATTACHMENTS
        )["attachments"]
        return attachments

    def list_volume_types(self) -> list[VolumeType]:
        """The volume types that the caller's project can use."""

        def page(marker: str | None) -> Answer:
            return self.json("GET", path("types", limit=paging.PAGE, marker=marker))

        return paging.follow(page, "volume_types", links="volume_type_links")

    def create_snapshot(self, volume_id: str, snapshot: SnapshotRequest) -> ChangedSnapshot:
        """Start creating a snapshot of a volume, attached or not."""
        created: ChangedSnapshot = self.json(
            "POST",
            "/snapshots",
            json={
                "snapshot": with_stored_description(snapshot)
                | {"volume_id": volume_id, "force": True}
            },
        )["snapshot"]
        return created

    def get_snapshot(self, snapshot_id: str) -> Snapshot:
        """One snapshot."""
        snapshot: Snapshot = self.json(
            "GET", path("snapshots", snapshot_id), microversion=SNAPSHOT
        )["snapshot"]
        return snapshot

    def list_snapshots(
        self, *, volume_id: str | None = None, status: str | None = None
    ) -> list[Snapshot]:
        """The snapshots of the caller's project; optionally of one volume or in one status."""

        def page(marker: str | None) -> Answer:
            query = {"volume_id": volume_id, "status": status, "marker": marker}
            return self.json(
                "GET",
                path("snapshots", "detail", limit=paging.PAGE, **query),
                microversion=SNAPSHOT,
            )

        return paging.follow(page, "snapshots")

    def list_marked_snapshots(self, metadata: dict[str, str]) -> list[Snapshot]:
        """The snapshots of the caller's project with these metadata, at most one page."""
        snapshots: list[Snapshot] = self.json(
            "GET",
            path("snapshots", "detail", metadata=json.dumps(metadata), limit=paging.PAGE),
            microversion=SNAPSHOT,
        )["snapshots"]
        return snapshots

    def update_snapshot(
        self, snapshot_id: str, changes: Mapping[str, str | None]
    ) -> ChangedSnapshot:
        """Change a snapshot's name or description."""
        updated: ChangedSnapshot = self.json(
            "PUT",
            path("snapshots", snapshot_id),
            json={"snapshot": with_stored_description(changes)},
        )["snapshot"]
        return updated

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Start deleting a snapshot."""
        self.request("DELETE", path("snapshots", snapshot_id))

    def get_quotas(self) -> dict[str, Figures]:
        """The quotas of the caller's project, by the gateway's quota names."""
        project = str(self._context.project_id)
        answered = self.json("GET", path("os-quota-sets", project, usage="True"))
        return quotas.read("block-storage", answered["quota_set"])
