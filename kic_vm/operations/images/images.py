# SPDX-License-Identifier: Apache-2.0
"""Images: get, list, update, delete, and find bootable images."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import images as mapping
from kic_vm.mappings.images import ChangedImageView, ImageView
from kic_vm.operations import listing, recent_lists
from kic_vm.operations.changes import given_changes
from kic_vm.operations.ownership import find_image, get_own_image, is_offered_image
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.resources.image import Image, ImageMember
from kic_vm.schemas.images import ImageListQuerySchema, ImageUpdateBody

_FILTERS: Final = listing.filters_of(
    ImageListQuerySchema,
    image_type=listing.Match(
        "visibility", lambda item, value: mapping.image_type(item["visibility"]) == value
    ),
    os_type=listing.equals("os_info", "type"),
)

# The states of an image while Glance receives its data.
_SAVING = {"saving", "uploading", "importing"}


def get_image(services: RequestServices, image_id: str) -> ImageView:
    """One image. One upstream call, two for an image that another project shares.

    :raises NotFound: the project does not own the image, and no project offers it
    """
    image, member_status = find_image(services, image_id)
    return mapping.image_from_image(image, member_status)


def list_images(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[ImageView], Pagination]:
    """A page of the images that the project can use.

    One upstream call; three if other projects share images with this one.
    """
    return recent_lists.page(services, "images", _all_images, query, _FILTERS)


def _all_images(services: RequestServices) -> list[ImageView]:
    images = [
        image
        for image in services.openstack.image.list_images()
        if image["visibility"] != "private" or image["owner"] == services.project_id
    ]
    offers = _offers(
        services, {image["id"] for image in images if is_offered_image(services, image)}
    )
    return [
        mapping.image_from_image(image, offers.get(image["id"]))
        for image in images
        if not is_offered_image(services, image) or image["id"] in offers
    ]


def update_image(
    services: RequestServices, image_id: str, changes: ImageUpdateBody
) -> ChangedImageView:
    """Rename or describe an image of the project. Two upstream calls.

    :param changes: ``name`` and ``description``; null removes the description, a name that is
        null or missing stays
    :raises NotFound: the project cannot see an image with this id
    :raises Forbidden: the image belongs to another project
    :raises InvalidState: Glance is saving the image's data
    """
    given = given_changes("image", changes)
    image = get_own_image(services, image_id)
    check_is_not_saving(image)
    if given.get("description", ...) is None and "description" not in image:
        del given["description"]
    if given:
        image = services.openstack.image.update_image(image_id, given)
    return mapping.changed_image(image)


def check_is_not_saving(image: Image) -> None:
    """Check that Glance is not saving the image's data, so that a change to it lasts.

    Glance reads an image before it receives the data, and writes everything it has read back when
    the data is complete: changes made in between are lost.

    :raises InvalidState: Glance is saving the image's data
    """
    if image["status"] in _SAVING:
        raise exceptions.InvalidState(
            "The image is being saved, and a change would be lost: change it when its status is "
            "active."
        )


def delete_image(services: RequestServices, image_id: str) -> None:
    """Delete an image of the project, in use or not. Two upstream calls.

    :raises NotFound: the project cannot see an image with this id
    :raises Forbidden: the image belongs to another project
    :raises Conflict: the image is protected, or its store still needs its data
    """
    image = get_own_image(services, image_id)
    if image.get("protected"):
        raise exceptions.Conflict(
            "The image is protected from deletion: ask the operator to remove the protection first."
        )
    services.openstack.image.delete_image(image_id)


def get_bootable_image(services: RequestServices, image_id: str, field: str = "image_id") -> Image:
    """The bootable image that a request field names. One upstream call, two for a shared image.

    :raises InvalidRequest: the project cannot use the image, or the image is not ready
    """
    with as_invalid_request(field, "image", image_id):
        image, _member_status = find_image(services, image_id)
    if image["status"] != "active":
        raise exceptions.InvalidField(field, "this image is not ready: choose an active one.")
    return image


def _offers(services: RequestServices, image_ids: set[str]) -> dict[str, str]:
    """The project's member status for each of these images that is offered to it."""
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
    # For a cloud admin, Glance lists every shared image under every status: read each one.
    untold = accepted & pending
    for image_id, member in zip(
        untold, gather_reads(*(partial(_member, services, one) for one in untold)), strict=True
    ):
        if member is None:
            del found[image_id]
        else:
            found[image_id] = member["status"]
    return found


def _member(services: RequestServices, image_id: str) -> ImageMember | None:
    try:
        return services.openstack.image.get_member(image_id, services.project_id)
    except exceptions.NotFound:
        return None
