"""Images: get, list, update and delete, and those that a machine can be made of."""

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

# While Glance takes an image's data.
_SAVING = {"saving", "uploading", "importing"}


def get_image(services: RequestServices, image_id: str) -> JSON:
    """One image. One upstream call, two for one that another project shares.

    :raises NotFound: the project neither owns it nor is it offered to the project
    """
    image, member_status = find_image(services, image_id)
    return mapping.image_from_image(image, member_status)


def list_images(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the images that the project may use.

    One upstream call; three where other projects share images with this one.
    """
    images = [
        image
        for image in services.openstack.image.list_images()
        if image["visibility"] != "private" or image["owner"] == services.project_id
    ]
    offers = _offers(
        services, {image["id"] for image in images if is_offered_image(services, image)}
    )
    shown = [
        mapping.image_from_image(image, offers.get(image["id"]))
        for image in images
        if not is_offered_image(services, image) or image["id"] in offers
    ]
    return listing.select(shown, query, _FILTERS)


def update_image(services: RequestServices, image_id: str, changes: JSON) -> JSON:
    """Rename or describe an image of the project. Two upstream calls.

    :param changes: ``name`` and ``description``; null takes the description away, a name that is
        null or missing stays
    :raises NotFound: the project does not see such an image
    :raises Forbidden: it is another project's
    :raises InvalidState: its data is being saved
    """
    given = given_changes("image", changes)
    image = get_own_image(services, image_id)
    check_is_not_saving(image)
    if given.get("description", ...) is None and "description" not in image:
        del given["description"]
    if given:
        image = services.openstack.image.update_image(image_id, given)
    return mapping.changed_image(image)


def check_is_not_saving(image: JSON) -> None:
    """See that a change of an image lasts.

    Glance reads an image before it takes the data, and writes all that it has read when the data
    is there: what was changed meanwhile is undone.

    :raises InvalidState: its data is being saved
    """
    if image["status"] in _SAVING:
        raise exceptions.InvalidState(
            "The image is being saved, and a change would be lost: change it when its status is "
            "active."
        )


def delete_image(services: RequestServices, image_id: str) -> None:
    """Remove an image of the project, in use or not. Two upstream calls.

    :raises NotFound: the project does not see such an image
    :raises Forbidden: it is another project's
    :raises Conflict: it is protected, or its store still needs its data
    """
    image = get_own_image(services, image_id)
    if image.get("protected"):
        raise exceptions.Conflict(
            "The image is protected from deletion: ask the operator to remove the protection first."
        )
    services.openstack.image.delete_image(image_id)


def get_bootable_image(services: RequestServices, image_id: str, field: str = "image_id") -> JSON:
    """The image in Glance that a field of a body names. One upstream call, two for an offered one.

    :raises InvalidRequest: it is not there for this project, or not ready
    """
    with as_invalid_request(field, "image", image_id):
        image, _member_status = find_image(services, image_id)
    if image["status"] != "active":
        raise exceptions.InvalidRequest(f"{field}: this image is not ready: choose an active one.")
    return image


def _offers(services: RequestServices, image_ids: set[str]) -> dict[str, str]:
    """What the project has answered to the offers of these images, as far as there are offers."""
    if not image_ids:
        return {}
    glance = services.openstack.image
    statuses = ("accepted", "pending")
    accepted, pending = (
        image_ids & {image["id"] for image in images}
        for images in gather_reads(
            *(partial(glance.list_images, one, "shared") for one in statuses)
        )
    )
    found = dict.fromkeys(image_ids, "rejected")
    found |= dict.fromkeys(accepted, "accepted") | dict.fromkeys(pending, "pending")
    # To a cloud admin Glance lists every shared image for every answer: then each is asked for.
    untold = accepted & pending
    for image_id, member in zip(
        untold, gather_reads(*(partial(_member, services, one) for one in untold)), strict=True
    ):
        if member is None:
            del found[image_id]
        else:
            found[image_id] = member["status"]
    return found


def _member(services: RequestServices, image_id: str) -> JSON | None:
    try:
        return services.openstack.image.get_member(image_id, services.project_id)
    except exceptions.NotFound:
        return None
