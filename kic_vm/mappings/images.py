# SPDX-License-Identifier: Apache-2.0
"""Glance image -> image of the contract; also the image metadata of a volume."""

import functools
from typing import Any

from kic_vm.mappings.times import utc

JSON = dict[str, Any]

PREFIX = "kic_"

# Glance status -> the status that the official clients know: they wait for `active`, and know
# `queued`, `saving` and `deleted`. Every image that has left the store is `deleted`.
_STATUSES = {
    "queued": "queued",
    "uploading": "saving",
    "importing": "saving",
    "saving": "saving",
    "active": "active",
    "deactivated": "deactivated",
    "killed": "error",
    "deleted": "deleted",
    "pending_delete": "deleted",
}


def _instance_type(properties: JSON) -> str:
    value = properties.get(PREFIX + "instance_type")
    return value if value in {"vm", "bm", "gpu"} else "vm"


def is_windows(properties: JSON) -> bool:
    """Whether the image contains Windows, according to Glance's common properties."""
    return "windows" in (
        str(properties.get("os_type", "")).lower(),
        str(properties.get("os_distro", "")).lower(),
    )


def minimum_volume_size(image: JSON) -> int:
    """The size in GiB that a volume needs: the image's min_disk or unpacked size, if larger."""
    unpacked: int = max(image["size"] or 0, image.get("virtual_size") or 0)
    minimum: int = image["min_disk"]
    return max(minimum, -(-unpacked // 2**30))


def image_type(visibility: str | None) -> str | None:
    """The documented image type: basic for public images, my for all others."""
    if visibility is None:
        return None
    return "basic" if visibility == "public" else "my"


def image_from_image(image: JSON, member_status: str | None = None) -> JSON:
    """The contract's image.

    :param image: the image as Glance v2 shows it
    :param member_status: the calling project's member status, for another project's shared image
    """
    visibility = image["visibility"]
    return {
        "id": image["id"],
        "name": image.get("name"),
        "size": image.get("size"),
        "status": _STATUSES.get(image["status"], "error"),
        "owner": image.get("owner"),
        "visibility": visibility,
        "description": image.get("description"),
        "is_shared": visibility in {"shared", "community"},
        "disk_format": image.get("disk_format"),
        "container_format": image.get("container_format"),
        "min_disk": image.get("min_disk"),
        "min_ram": image.get("min_ram"),
        "virtual_size": image.get("virtual_size"),
        "instance_type": _instance_type(image),
        "image_member_status": member_status,
        "project_id": image.get("owner"),
        "os_info": {
            "type": image.get("os_type"),
            "distro": image.get("os_distro"),
            "architecture": image.get("architecture"),
            "admin_user": image.get("os_admin_user"),
            "is_hidden": image.get("os_hidden"),
        },
        "created_at": utc(image.get("created_at")),
        "updated_at": utc(image.get("updated_at")),
    }


def changed_image(image: JSON) -> JSON:
    """The contract's image in the responses to a create and an update."""
    full = image_from_image(image)
    return {
        key: value
        for key, value in full.items()
        if key not in {"image_member_status", "project_id"}
    }


def member_from_member(member: JSON) -> JSON:
    """The contract's image member, from Glance's member."""
    return {
        "id": member["member_id"],
        "image_id": member["image_id"],
        "status": member["status"],
        # A project can see and boot a shared image at once, before it accepts it.
        "is_shared": member["status"] != "rejected",
        "created_at": utc(member["created_at"]),
        "updated_at": utc(member["updated_at"]),
    }


def _integer(value: Any) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isdecimal() else None


def image_requirements(volume: JSON) -> JSON:
    """The minimum disk and memory of an image created from a root volume, as Glance's properties.

    The image has the volume's full size, and its system needs as much memory as before.

    :param volume: the volume as Cinder shows it
    """
    metadata = volume.get("volume_image_metadata") or {}
    return {"min_disk": volume["size"], "min_ram": _integer(metadata.get("min_ram")) or 0}


def image_of_volume(metadata: JSON) -> JSON | None:
    """The image that a volume was created from, as an instance shows it.

    Cinder keeps a copy of the image's properties, so this stays true after the image has changed
    or has been deleted. Owner, visibility and timestamps are not in the copy: they are null.

    :param metadata: ``volume_image_metadata`` of a volume; its values are text
    """
    if "image_id" not in metadata:
        return None
    return dict(_image_of_volume(tuple(metadata.items())))


@functools.lru_cache(maxsize=1024)
def _image_of_volume(items: tuple[tuple[str, str], ...]) -> JSON:
    """The image, cached: many volumes come from few distinct images."""
    metadata = dict(items)
    return {
        "id": metadata["image_id"],
        "name": metadata.get("image_name"),
        "description": metadata.get("description"),
        "owner": None,
        "is_windows": is_windows(metadata),
        "size": _integer(metadata.get("size")),
        "status": None,
        "image_type": None,
        "disk_format": metadata.get("disk_format"),
        "instance_type": _instance_type(metadata),
        "member_status": None,
        "min_disk": _integer(metadata.get("min_disk")),
        "min_memory": _integer(metadata.get("min_ram")),
        "os_admin": metadata.get("os_admin_user"),
        "os_distro": metadata.get("os_distro"),
        "os_type": metadata.get("os_type"),
        "os_architecture": metadata.get("architecture"),
        "created_at": None,
        "updated_at": None,
    }
