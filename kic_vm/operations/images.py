"""Images: get and list, and those that a machine can be made of."""

from collections.abc import Mapping
from typing import Any

from kic_vm import exceptions
from kic_vm.mappings import images as mapping
from kic_vm.operations import listing
from kic_vm.operations.references import named
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "instance_type": listing.equals("instance_type"),
    "image_type": lambda item, wanted: mapping.image_type(item["visibility"]) == wanted,
    "size": listing.equals("size"),
    "min_disk": listing.equals("min_disk"),
    "disk_format": listing.equals("disk_format"),
    "status": listing.equals("status"),
    "os_type": listing.equals("os_info", "type"),
    "visibility": listing.equals("visibility"),
    "image_member_status": listing.equals("image_member_status"),
    "created_at": listing.dated("created_at"),
    "updated_at": listing.dated("updated_at"),
}


def get_image(scope: Scope, image_id: str) -> JSON:
    """One image. One upstream call.

    :raises NotFound: the project neither owns it nor is it offered to the project
    """
    return mapping.image_from_image(scope.openstack.image.get_image(image_id))


def list_images(scope: Scope, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the images that the project may use. One upstream call."""
    images = [
        mapping.image_from_image(image)
        for image in scope.openstack.image.list_images()
        if image["visibility"] != "private" or image["owner"] == scope.project_id
    ]
    return listing.select(images, query, _FILTERS)


def get_bootable_image(scope: Scope, image_id: str, field: str = "image_id") -> JSON:
    """The image in Glance that a field of a body names. One upstream call.

    :raises InvalidRequest: it is not there for this project, or not ready
    """
    with named(field, "image", image_id):
        image = scope.openstack.image.get_image(image_id)
        if image["visibility"] == "private" and image["owner"] != scope.project_id:
            raise exceptions.NotFound
    if image["status"] != "active":
        raise exceptions.InvalidRequest(f"{field}: this image is not ready for use.")
    return image
