# SPDX-License-Identifier: Apache-2.0
"""Glance image -> image of the contract; also the image metadata of a volume."""

import functools
from collections.abc import Mapping
from typing import TypedDict

from kic_vm.mappings.times import utc
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.image import Image, ImageMember

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


def _instance_type(properties: Mapping[str, object]) -> str:
    value = properties.get(PREFIX + "instance_type")
    return str(value) if value in {"vm", "bm", "gpu"} else "vm"


def is_windows(properties: Mapping[str, object]) -> bool:
    """Whether the image contains Windows, according to Glance's common properties."""
    return "windows" in (
        str(properties.get("os_type", "")).lower(),
        str(properties.get("os_distro", "")).lower(),
    )


def minimum_volume_size(image: Image) -> int:
    """The size in GiB that a volume needs: the image's min_disk or unpacked size, if larger."""
    unpacked = max(image["size"] or 0, image.get("virtual_size") or 0)
    return max(image["min_disk"], -(-unpacked // 2**30))


def image_type(visibility: str | None) -> str | None:
    """The documented image type: basic for public images, my for all others."""
    if visibility is None:
        return None
    return "basic" if visibility == "public" else "my"


class OsInfoView(TypedDict):
    """The operating system of an image; see OsInfoSchema."""

    type: str | None
    distro: str | None
    architecture: str | None
    admin_user: str | None
    is_hidden: bool | None


class ChangedImageView(TypedDict):
    """An image in the responses to a creation and an update; see ChangedImageSchema."""

    id: str
    name: str | None
    size: int | None
    status: str
    owner: str | None
    visibility: str
    description: str | None
    is_shared: bool
    disk_format: str | None
    container_format: str | None
    min_disk: int | None
    min_ram: int | None
    virtual_size: int | None
    instance_type: str
    os_info: OsInfoView
    created_at: str | None
    updated_at: str | None


class ImageView(ChangedImageView):
    """An image in the responses to get and list; see ImageSchema."""

    image_member_status: str | None
    project_id: str | None


class NewImageMemberView(TypedDict):
    """A project that an image was just shared with; see NewImageMemberSchema."""

    id: str
    image_id: str
    status: str
    created_at: str
    updated_at: str


class ImageMemberView(NewImageMemberView):
    """A project that an image is shared with; see ImageMemberSchema."""

    is_shared: bool


class InstanceImageView(TypedDict):
    """The image that an instance's root volume was created from; see InstanceImageSchema."""

    id: str
    name: str | None
    description: str | None
    owner: None
    is_windows: bool
    size: int | None
    status: None
    image_type: None
    disk_format: str | None
    instance_type: str
    member_status: None
    min_disk: int | None
    min_memory: int | None
    os_admin: str | None
    os_distro: str | None
    os_type: str | None
    os_architecture: str | None
    created_at: None
    updated_at: None


def image_from_image(image: Image, member_status: str | None = None) -> ImageView:
    """The contract's image.

    :param image: the image as Glance v2 shows it
    :param member_status: the calling project's member status, for another project's shared image
    """
    return {
        **changed_image(image),
        "image_member_status": member_status,
        "project_id": image.get("owner"),
    }


def changed_image(image: Image) -> ChangedImageView:
    """The contract's image in the responses to a create and an update."""
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


def member_from_member(member: ImageMember) -> ImageMemberView:
    """The contract's image member, from Glance's member."""
    return {
        **new_member(member),
        # A project can see and boot a shared image at once, before it accepts it.
        "is_shared": member["status"] != "rejected",
    }


def new_member(member: ImageMember) -> NewImageMemberView:
    """The contract's image member in the response to its addition."""
    return {
        "id": member["member_id"],
        "image_id": member["image_id"],
        "status": member["status"],
        "created_at": utc(member["created_at"]),
        "updated_at": utc(member["updated_at"]),
    }


def _integer(value: object) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isdecimal() else None


def image_requirements(volume: Volume) -> dict[str, int]:
    """The minimum disk and memory of an image created from a root volume, as Glance's properties.

    The image has the volume's full size, and its system needs as much memory as before.

    :param volume: the volume as Cinder shows it
    """
    metadata = volume.get("volume_image_metadata") or {}
    return {"min_disk": volume["size"], "min_ram": _integer(metadata.get("min_ram")) or 0}


def image_of_volume(metadata: Mapping[str, str]) -> InstanceImageView | None:
    """The image that a volume was created from, as an instance shows it.

    Cinder keeps a copy of the image's properties, so this stays true after the image has changed
    or has been deleted. Owner, visibility and timestamps are not in the copy: they are null.

    :param metadata: ``volume_image_metadata`` of a volume; its values are text
    """
    if "image_id" not in metadata:
        return None
    return {**_image_of_volume(tuple(metadata.items()))}


@functools.lru_cache(maxsize=1024)
def _image_of_volume(items: tuple[tuple[str, str], ...]) -> InstanceImageView:
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
