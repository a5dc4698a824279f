# SPDX-License-Identifier: Apache-2.0
"""Glance: images and their members, in version 2 of its API."""

from typing import NotRequired, TypedDict


class Image(TypedDict):
    """An image, as ``GET /images/{id}`` and ``GET /images`` return it.

    The properties that Glance calls common are absent unless someone has set them, and so are the
    gateway's own: ``kic_instance_type``, and ``kic_vm_opened`` until a private image is shared.
    """

    id: str
    name: NotRequired[str | None]
    status: str
    visibility: str
    owner: str | None
    size: NotRequired[int | None]
    virtual_size: NotRequired[int | None]
    min_disk: NotRequired[int]
    min_ram: NotRequired[int]
    disk_format: NotRequired[str | None]
    container_format: NotRequired[str | None]
    protected: NotRequired[bool]
    os_hidden: NotRequired[bool]
    description: NotRequired[str | None]
    architecture: NotRequired[str]
    os_type: NotRequired[str]
    os_distro: NotRequired[str]
    os_admin_user: NotRequired[str]
    kic_instance_type: NotRequired[str]
    kic_vm_opened: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]


class ImageMember(TypedDict):
    """A project that an image is shared with, as ``/images/{id}/members`` returns it."""

    member_id: str
    image_id: str
    status: str
    created_at: str
    updated_at: str
