# SPDX-License-Identifier: Apache-2.0
"""Cinder volume, with its server in Nova -> volume of the contract."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypedDict

from kic_vm.lifecycle import limits
from kic_vm.lifecycle.model import VolumeState
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings import instance_states
from kic_vm.mappings.attachments import is_attaching, mount_point, root_volume_id
from kic_vm.mappings.images import is_windows
from kic_vm.mappings.instance_states import LifecycleView, lifecycle_of
from kic_vm.mappings.instances import Translation
from kic_vm.mappings.request_marks import own_metadata
from kic_vm.mappings.times import utc
from kic_vm.resources.block_storage import CreatedVolume, Snapshot, Volume
from kic_vm.resources.compute import Server
from kic_vm.schemas import texts

# Statuses in which Cinder shows no attachment although one exists or is being created.
STATUSES_WITHOUT_ATTACHMENT: Final = {"reserved", "attaching", "detaching"}


class VolumeImageView(TypedDict):
    """The image that a volume was created from, as it was then; see VolumeImageSchema."""

    container_format: str | None
    disk_format: str | None
    image_id: str | None
    image_name: str | None
    min_disk: str | None
    os_type: str | None
    min_ram: str | None
    size: str | None


class VolumeView(TypedDict):
    """A volume in the responses to get and list; see VolumeSchema."""

    id: str
    name: str
    description: str | None
    size: int
    status: str
    lifecycle: LifecycleView
    is_bootable: bool
    is_root: bool
    is_encrypted: bool
    encryption_key_id: str | None
    type: str | None
    volume_type: str | None
    availability_zone: str | None
    attach_status: str
    instance_id: str | None
    instance_name: str | None
    mount_point: str | None
    metadata: dict[str, str]
    image_metadata: VolumeImageView | None
    user_id: str
    project_id: str
    launched_at: None
    previous_status: None
    created_at: str
    updated_at: str | None


class AttachmentView(TypedDict):
    """An attachment in the responses to a creation and an update; see AttachmentSchema."""

    id: str
    instance_id: str
    host_name: str | None
    device: str
    attached_at: str | None


class ChangedVolumeView(TypedDict):
    """A volume in the responses to a creation and an update; see ChangedVolumeSchema."""

    id: str
    name: str
    description: str | None
    size: int
    status: str
    lifecycle: LifecycleView
    availability_zone: str | None
    volume_type: str | None
    snapshot_id: str | None
    metadata: dict[str, str]
    user_id: str
    is_bootable: bool
    is_encrypted: bool
    attachments: list[AttachmentView]
    created_at: str
    updated_at: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeRelatedResources:
    """The resources of volumes that Cinder does not show with them."""

    servers: Mapping[str, Server]
    """Nova servers by the ids of their attached volumes."""
    roots: Collection[str]
    """The ids of volumes that a server boots from."""
    snapshotted: Collection[str]
    """The ids of volumes with a snapshot that is being created."""


def related_resources(
    volumes: Iterable[Volume], servers: Iterable[Server], snapshots: Iterable[Snapshot]
) -> VolumeRelatedResources:
    """The servers, root volumes and snapshots in progress of these volumes.

    :param volumes: all volumes attached to the servers, possibly more
    :param snapshots: the snapshots that are being created
    """
    by_id = {volume["id"]: volume for volume in volumes}
    by_volume: dict[str, Server] = {}
    roots = set()
    for server in servers:
        ids = [item["id"] for item in server["os-extended-volumes:volumes_attached"]]
        by_volume |= dict.fromkeys(ids, server)
        attached = [by_id[volume_id] for volume_id in ids if volume_id in by_id]
        roots.add(root_volume_id(server, attached))
    return VolumeRelatedResources(
        servers=by_volume,
        roots={volume_id for volume_id in roots if volume_id},
        snapshotted={snapshot["volume_id"] for snapshot in snapshots},
    )


def lacks_servers(
    volumes: Iterable[Volume], servers: Iterable[Server], related: VolumeRelatedResources
) -> bool:
    """Whether a volume has, or may have, a server that is not in the list."""
    ids = {server["id"] for server in servers}
    return any(
        any(attachment["server_id"] not in ids for attachment in volume["attachments"])
        if volume["attachments"]
        else volume["status"] in STATUSES_WITHOUT_ATTACHMENT and volume["id"] not in related.servers
        for volume in volumes
    )


def limits_of(volume: Volume) -> set[str]:
    """The names of the lifecycle's limits that the Cinder volume alone decides."""
    names = set()
    if volume["bootable"] != "true":
        names.add(limits.NOT_BOOTABLE)
    if volume["attachments"]:
        names.add(limits.STILL_ATTACHED)
    return names


def state_of(
    volume: Volume, related: VolumeRelatedResources, lifecycle: LifecycleTables
) -> VolumeState:
    """The documented state of a volume."""
    server = related.servers.get(volume["id"])
    names = limits_of(volume)
    if volume["id"] in related.roots:
        names.add(limits.ROOT)
    if server and not instance_states.state_of(server, lifecycle).allows("detach-volume"):
        names.add(limits.INSTANCE_NOT_READY)
    return lifecycle.volume_state(
        volume["status"],
        snapshot_in_progress=volume["id"] in related.snapshotted,
        attach_in_progress=server is not None and is_attaching(server),
        limits=names,
    )


def _instance_id(volume: Volume, related: VolumeRelatedResources) -> str | None:
    """The id of the volume's instance from Cinder, or from Nova when Cinder does not show it."""
    ids = [attachment["server_id"] for attachment in volume["attachments"]]
    if (
        not ids
        and volume["status"] in STATUSES_WITHOUT_ATTACHMENT
        and volume["id"] in related.servers
    ):
        ids = [related.servers[volume["id"]]["id"]]
    return ids[0] if ids else None


def is_windows_volume(volume: Volume) -> bool:
    """Whether the volume was created from a Windows image."""
    return is_windows(volume.get("volume_image_metadata") or {})


def volume_from_volume(
    volume: Volume, related: VolumeRelatedResources, translation: Translation
) -> VolumeView:
    """The contract's volume in the responses to get and list.

    ``launched_at`` and ``previous_status`` are null: Cinder's API does not have them.

    :param volume: the volume as Cinder shows it at block_storage.VOLUME
    """
    state = state_of(volume, related, translation.lifecycle)
    instance_id = _instance_id(volume, related)
    server = related.servers.get(volume["id"])
    volume_type = translation.volume_types.to_client(volume["volume_type"])
    is_attached = bool(volume["attachments"]) or (instance_id and state.state == "Reserved")
    return {
        "id": volume["id"],
        "name": volume["name"],
        "description": texts.shown(volume["description"]),
        "size": volume["size"],
        "status": state.wire,
        "lifecycle": lifecycle_of(state),
        "is_bootable": volume["bootable"] == "true",
        "is_root": volume["id"] in related.roots,
        "is_encrypted": volume["encrypted"],
        "encryption_key_id": volume.get("encryption_key_id"),
        "type": volume_type,
        "volume_type": volume_type,
        "availability_zone": translation.zones.to_client(volume["availability_zone"]),
        "attach_status": "attached" if is_attached else "detached",
        "instance_id": instance_id,
        "instance_name": server["name"] if server and server["id"] == instance_id else None,
        "mount_point": mount_point(volume, instance_id) if instance_id else None,
        "metadata": own_metadata(volume["metadata"]),
        "image_metadata": _image_metadata(volume),
        "user_id": volume["user_id"],
        "project_id": volume["os-vol-tenant-attr:tenant_id"],
        "launched_at": None,
        "previous_status": None,
        "created_at": utc(volume["created_at"]),
        "updated_at": utc(volume["updated_at"]),
    }


def _image_metadata(volume: Volume) -> VolumeImageView | None:
    """Cinder's copy of the image's properties; null for a volume not created from an image."""
    metadata = volume.get("volume_image_metadata")
    if not metadata:
        return None
    return {
        "container_format": metadata.get("container_format"),
        "disk_format": metadata.get("disk_format"),
        "image_id": metadata.get("image_id"),
        "image_name": metadata.get("image_name"),
        "min_disk": metadata.get("min_disk"),
        "os_type": metadata.get("os_type"),
        "min_ram": metadata.get("min_ram"),
        "size": metadata.get("size"),
    }


def changed_volume(
    volume: CreatedVolume, state: VolumeState, translation: Translation
) -> ChangedVolumeView:
    """The contract's volume in the responses to a create and an update: it differs from a get's.

    :param volume: Cinder's answer to a POST or PUT
    """
    return {
        "id": volume["id"],
        "name": volume["name"],
        "description": texts.shown(volume["description"]),
        "size": volume["size"],
        "status": state.wire,
        "lifecycle": lifecycle_of(state),
        "availability_zone": translation.zones.to_client(volume["availability_zone"]),
        "volume_type": translation.volume_types.to_client(volume["volume_type"]),
        "snapshot_id": volume["snapshot_id"],
        "metadata": own_metadata(volume["metadata"]),
        "user_id": volume["user_id"],
        "is_bootable": volume["bootable"] == "true",
        "is_encrypted": volume["encrypted"],
        "attachments": [
            {
                "id": attachment["attachment_id"],
                "instance_id": attachment["server_id"],
                "host_name": attachment["host_name"],
                "device": attachment["device"],
                "attached_at": utc(attachment["attached_at"]),
            }
            for attachment in volume["attachments"]
        ],
        "created_at": utc(volume["created_at"]),
        "updated_at": utc(volume["updated_at"]),
    }
