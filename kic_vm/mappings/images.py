"""Glance image -> image of the contract; also an image's traces on a volume."""

import functools
from typing import Any

from kic_vm.mappings.times import utc

JSON = dict[str, Any]

PREFIX = "kic_"

# Glance's own words where the official clients have others: they wait for `active` and know
# `queued`, `saving` and `deleted`; what has left the store in any other way reads `deleted`.
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
    found = properties.get(PREFIX + "instance_type")
    return found if found in {"vm", "bm", "gpu"} else "vm"


def is_windows(properties: JSON) -> bool:
    """Whether the image holds Windows, by Glance's common properties."""
    return "windows" in (
        str(properties.get("os_type", "")).lower(),
        str(properties.get("os_distro", "")).lower(),
    )


def least_volume_size(image: JSON) -> int:
    """GiB that a volume needs to hold the image: what it asks for, and what it takes unpacked."""
    unpacked = max(image["size"] or 0, image.get("virtual_size") or 0)
    return max(image["min_disk"], -(-unpacked // 2**30))


def image_type(visibility: str | None) -> str | None:
    """Documented kind: basic images are everyone's, the others somebody's own."""
    if visibility is None:
        return None
    return "basic" if visibility == "public" else "my"


def image_from_image(image: JSON, member_status: str | None = None) -> JSON:
    """The contract's image, from Glance's v2 one.

    :param member_status: what the calling project has answered to the offer of another one's
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
    """The contract's image as its update and its making answer it."""
    whole = image_from_image(image)
    return {
        key: value
        for key, value in whole.items()
        if key not in {"image_member_status", "project_id"}
    }


def member_from_member(member: JSON) -> JSON:
    """The contract's project that an image is shared with, from Glance's member."""
    return {
        "id": member["member_id"],
        "image_id": member["image_id"],
        "status": member["status"],
        # A project sees and boots what it is offered at once, whether or not it has accepted.
        "is_shared": member["status"] != "rejected",
        "created_at": utc(member["created_at"]),
        "updated_at": utc(member["updated_at"]),
    }


def _integer(value: Any) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isdecimal() else None


def needs_of_volume(volume: JSON) -> JSON:
    """What a machine needs that is made of this root volume's image: Glance's properties of it.

    :param volume: Cinder's; its whole size is written, and its system needs what it needed before
    """
    metadata = volume.get("volume_image_metadata") or {}
    return {"min_disk": volume["size"], "min_ram": _integer(metadata.get("min_ram")) or 0}


def image_of_volume(metadata: JSON) -> JSON | None:
    """The image that a volume was made from, as an instance shows it.

    Cinder keeps a copy of the image's properties, so this stays true when the image has changed
    or is gone. Owner, visibility and timestamps are not in the copy: they are null.

    :param metadata: ``volume_image_metadata`` of a volume; its values are text
    """
    if "image_id" not in metadata:
        return None
    return dict(_image_of_volume(tuple(metadata.items())))


@functools.lru_cache(maxsize=1024)
def _image_of_volume(items: tuple[tuple[str, str], ...]) -> JSON:
    """The same: a thousand volumes were made from a few images."""
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
