"""Cinder volume, with what Nova knows of it -> volume of the contract."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from kic_vm.lifecycle import limits
from kic_vm.lifecycle.model import VolumeState
from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.mappings import instance_states
from kic_vm.mappings.attachments import is_attaching, mount_point, root_volume_id
from kic_vm.mappings.images import is_windows
from kic_vm.mappings.instance_states import lifecycle_of
from kic_vm.mappings.instances import Translation
from kic_vm.mappings.request_marks import own_metadata
from kic_vm.mappings.times import utc
from kic_vm.schemas import texts

JSON = dict[str, Any]

# Statuses in which Cinder shows no attachment although there is, or will be, one.
UNTOLD: Final = {"reserved", "attaching", "detaching"}
_IMAGE_FIELDS: Final = (
    "container_format",
    "disk_format",
    "image_id",
    "image_name",
    "min_disk",
    "os_type",
    "min_ram",
    "size",
)


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeRelatedResources:
    """What is known about volumes beside what Cinder shows with them."""

    servers: Mapping[str, JSON]
    """Nova servers by the id of a volume that is attached to them."""
    roots: Collection[str]
    """Ids of volumes that a server boots from."""
    snapshotted: Collection[str]
    """Ids of volumes of which a snapshot is being made."""


def related_resources(
    volumes: Iterable[JSON], servers: Iterable[JSON], snapshots: Iterable[JSON]
) -> VolumeRelatedResources:
    """The surroundings of volumes.

    :param volumes: all that are attached to the servers, or more
    :param snapshots: those that are being made
    """
    by_id = {volume["id"]: volume for volume in volumes}
    by_volume: dict[str, JSON] = {}
    roots = set()
    for server in servers:
        ids = [item["id"] for item in server["os-extended-volumes:volumes_attached"]]
        by_volume |= dict.fromkeys(ids, server)
        roots.add(root_volume_id(server, [by_id[one] for one in ids if one in by_id]))
    return VolumeRelatedResources(
        servers=by_volume,
        roots={one for one in roots if one},
        snapshotted={snapshot["volume_id"] for snapshot in snapshots},
    )


def lacks_servers(
    volumes: Iterable[JSON], servers: Iterable[JSON], related: VolumeRelatedResources
) -> bool:
    """Whether a volume has, or may have, a server that is not among these."""
    ids = {server["id"] for server in servers}
    return any(
        any(attachment["server_id"] not in ids for attachment in volume["attachments"])
        if volume["attachments"]
        else volume["status"] in UNTOLD and volume["id"] not in related.servers
        for volume in volumes
    )


def limits_of(volume: JSON) -> set[str]:
    """The names of the lifecycle's limits that Cinder's volume shows by itself."""
    names = set()
    if volume["bootable"] != "true":
        names.add(limits.NOT_BOOTABLE)
    if volume["attachments"]:
        names.add(limits.STILL_ATTACHED)
    return names


def state_of(
    volume: JSON, related: VolumeRelatedResources, lifecycle: LifecycleTables
) -> VolumeState:
    """The documented state that a volume is in."""
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


def _instance_id(volume: JSON, related: VolumeRelatedResources) -> str | None:
    """The instance by Cinder; where Cinder does not tell, by Nova."""
    ids = [attachment["server_id"] for attachment in volume["attachments"]]
    if not ids and volume["status"] in UNTOLD and volume["id"] in related.servers:
        ids = [related.servers[volume["id"]]["id"]]
    return ids[0] if ids else None


def is_windows_volume(volume: JSON) -> bool:
    """Whether the volume was made from an image with Windows."""
    return is_windows(volume.get("volume_image_metadata") or {})


def volume_from_volume(
    volume: JSON, related: VolumeRelatedResources, translation: Translation
) -> JSON:
    """The contract's volume as get and list show it.

    When it was first ready, and the status before the present one, are not in Cinder's API: null.

    :param volume: Cinder's, at block_storage.VOLUME
    """
    state = state_of(volume, related, translation.lifecycle)
    instance_id = _instance_id(volume, related)
    server = related.servers.get(volume["id"], {})
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
        "instance_name": server.get("name") if server.get("id") == instance_id else None,
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


def _image_metadata(volume: JSON) -> JSON | None:
    """What Cinder has kept of the image; null for a volume that was not made from one."""
    metadata = volume.get("volume_image_metadata")
    return {field: metadata.get(field) for field in _IMAGE_FIELDS} if metadata else None


def changed_volume(volume: JSON, state: VolumeState, translation: Translation) -> JSON:
    """The contract's volume as its creation and an update answer it: not the shape of a get.

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
