# SPDX-License-Identifier: Apache-2.0
"""Cinder: volumes, their types and snapshots.

``adapters.block_storage`` has the microversions of the calls.
"""

from typing import NotRequired, TypedDict


class VolumeServer(TypedDict):
    """An attachment within a volume: the server that the volume is attached to."""

    attachment_id: str
    server_id: str
    host_name: str | None
    device: str
    attached_at: str


class CreatedVolume(TypedDict):
    """A volume, as ``POST /volumes`` and ``PUT /volumes/{id}`` return it."""

    id: str
    name: str
    description: str | None
    size: int
    status: str
    bootable: str
    encrypted: bool
    volume_type: str | None
    availability_zone: str
    snapshot_id: str | None
    attachments: list[VolumeServer]
    metadata: dict[str, str]
    user_id: str
    created_at: str
    updated_at: str | None


_VolumeAttributes = TypedDict("_VolumeAttributes", {"os-vol-tenant-attr:tenant_id": str})


class Volume(CreatedVolume, _VolumeAttributes):
    """A volume, as ``GET /volumes/{id}`` and ``GET /volumes/detail`` return it.

    The copy of the image's properties exists only for a volume with an image; its values are text.
    """

    volume_image_metadata: NotRequired[dict[str, str]]
    encryption_key_id: NotRequired[str | None]


class VolumeRequest(TypedDict):
    """The body of ``POST /volumes``."""

    name: str
    availability_zone: str
    size: NotRequired[int]
    description: NotRequired[str | None]
    volume_type: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    imageRef: NotRequired[str]
    snapshot_id: NotRequired[str]
    source_volid: NotRequired[str]


class Attachment(TypedDict):
    """An attachment, also a reserved one, as ``GET /attachments`` lists it since 3.27."""

    instance: str | None


class VolumeType(TypedDict):
    """A volume type, as ``GET /types`` lists it."""

    id: str
    name: str
    description: NotRequired[str | None]


class ChangedSnapshot(TypedDict):
    """A snapshot, as ``POST /snapshots`` and ``PUT /snapshots/{id}`` return it."""

    id: str
    name: str
    description: str | None
    size: int
    status: str
    volume_id: str
    metadata: dict[str, str]
    created_at: str
    updated_at: str | None


_SnapshotAttributes = TypedDict(
    "_SnapshotAttributes", {"os-extended-snapshot-attributes:project_id": str}
)


class Snapshot(ChangedSnapshot, _SnapshotAttributes):
    """A snapshot, as ``GET /snapshots/{id}`` and ``GET /snapshots/detail`` return it since 3.41."""

    user_id: str


class SnapshotRequest(TypedDict):
    """The body of ``POST /snapshots``, without the volume."""

    name: str
    description: str | None
    metadata: NotRequired[dict[str, str]]
