"""Images: get, list, update, delete, and bootable images for new instances."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import images as mapping
from kic_vm.operations import listing
from kic_vm.operations.changes import given_changes
from kic_vm.operations.ownership import find_image, get_own_image, is_offered_image
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "instance_type": listing.equals("instance_type"),
    "image_type": lambda item, value: mapping.image_type(item["visibility"]) == value,
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


def get_image(services: RequestServices, image_id: str) -> JSON:
    """One image. One upstream call, two for one that another project shares.

    :raises NotFound: the project neither owns the image nor has it been shared with the project
    """
    image, member_status = find_image(services, image_id)
    return mapping.image_from_image(image, member_status)


def list_images(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the images that the project may use.

    One upstream call; three when other projects share images with this one.
    """
    images = [
        image
        for image in services.openstack.image.list_images()
        if image["visibility"] != "private" or image["owner"] == services.project_id
    ]
    statuses = _member_statuses(
        services, {image["id"] for image in images if is_offered_image(services, image)}
    )
    items = [
        mapping.image_from_image(image, statuses.get(image["id"]))
        for image in images
        if not is_offered_image(services, image) or image["id"] in statuses
    ]
    return listing.select(items, query, _FILTERS)


def update_image(services: RequestServices, image_id: str, changes: JSON) -> JSON:
    """Update the name and description of the project's own image. Two upstream calls.

    :param changes: ``name`` and ``description``; a null description removes it, a null or missing
        name stays
    :raises NotFound: the project cannot see the image
    :raises Forbidden: the image belongs to another project
    """
    image_changes = given_changes("image", changes)
    image = get_own_image(services, image_id)
    if image_changes.get("description", ...) is None and "description" not in image:
        del image_changes["description"]
    if image_changes:
        image = services.openstack.image.update_image(image_id, image_changes)
    return mapping.changed_image(image)


def delete_image(services: RequestServices, image_id: str) -> None:
    """Delete the project's own image, in use or not. Two upstream calls.

    :raises NotFound: the project cannot see the image
    :raises Forbidden: the image belongs to another project
    :raises Conflict: the image is protected, or its store still needs its data
    """
    image = get_own_image(services, image_id)
    if image.get("protected"):
        raise exceptions.Conflict(
            "The image is protected from deletion: ask the operator to remove the protection first."
        )
    services.openstack.image.delete_image(image_id)


def get_bootable_image(services: RequestServices, image_id: str, field: str = "image_id") -> JSON:
    """The image in Glance that a field of a request names.

    One upstream call, two for an image that another project shares.

    :raises InvalidRequest: the project cannot see the image, or the image is not ready
    """
    with as_invalid_request(field, "image", image_id):
        image, _member_status = find_image(services, image_id)
    if image["status"] != "active":
        raise exceptions.InvalidRequest(f"{field}: this image is not ready: choose an active one.")
    return image


def _member_statuses(services: RequestServices, image_ids: set[str]) -> dict[str, str]:
    """The project's member status for each of these images that is shared with it."""
    if not image_ids:
        return {}
    glance = services.openstack.image
    statuses = ("accepted", "pending")
    accepted, pending = (
        image_ids & {image["id"] for image in images}
        for images in gather_reads(
            *(partial(glance.list_images, status, "shared") for status in statuses)
        )
    )
    member_statuses = dict.fromkeys(image_ids, "rejected")
    member_statuses |= dict.fromkeys(accepted, "accepted") | dict.fromkeys(pending, "pending")
    # For a cloud admin, Glance lists every shared image with every status: read each member then.
    ambiguous = accepted & pending
    for image_id, member in zip(
        ambiguous,
        gather_reads(*(partial(_member, services, image_id) for image_id in ambiguous)),
        strict=True,
    ):
        if member is None:
            del member_statuses[image_id]
        else:
            member_statuses[image_id] = member["status"]
    return member_statuses


def _member(services: RequestServices, image_id: str) -> JSON | None:
    try:
        return services.openstack.image.get_member(image_id, services.project_id)
    except exceptions.NotFound:
        return None
