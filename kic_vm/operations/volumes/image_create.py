# SPDX-License-Identifier: Apache-2.0
"""Create images from root volumes."""

from functools import partial

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.idempotent_request import Earlier
from kic_vm.mappings.images import ChangedImageView, changed_image, image_requirements
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import Undo, all_or_nothing
from kic_vm.operations.volumes.states import get_volume_for, state_conflicts_reported
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.image import Image
from kic_vm.schemas.images import ImageCreateBody

LOG = logging.getLogger(__name__)


def create_image(
    services: RequestServices, volume_id: str, request: ImageCreateBody
) -> ChangedImageView:
    """Start to create an image from a root volume, attached or not; the new image.

    5 upstream calls, the first two side by side; one more if the volume's own image has another
    description.

    :param request: ImageCreateSchema, loaded
    :raises NotFound: the project has no such volume
    :raises InvalidState: the volume is not bootable, or another operation is in progress
    :raises Conflict: the cloud does not create images from attached volumes
    """
    _refuse_repetition(services, request["name"])
    command = "create-image"
    volume = get_volume_for(services, volume_id, command)
    try:
        with state_conflicts_reported(services, volume_id, command), all_or_nothing() as undo:
            _replace_old_description(services, volume, request["description"], undo)
            image_id = services.openstack.block_storage.upload_volume(volume_id, request["name"])
    except exceptions.Conflict as error:
        if volume["status"] != "in-use":
            raise
        raise exceptions.Conflict(
            "This cloud cannot create an image from an attached volume: create a snapshot, restore "
            "it to a new volume, and create the image from the new volume."
        ) from error
    properties: dict[str, str | int | None] = {
        **image_requirements(volume),
        "description": request["description"],
    }
    return changed_image(_completed(services, image_id, request["name"], properties))


def _replace_old_description(
    services: RequestServices, volume: Volume, description: str | None, undo: Undo
) -> None:
    """Give the volume's copy of its image's properties the description of the new image.

    At the end of the upload, Cinder writes this copy over the properties of the new image.
    """
    old = (volume.get("volume_image_metadata") or {}).get("description")
    new = description or ""
    if old is not None and old != new:
        set_metadata = partial(services.openstack.block_storage.set_image_metadata, volume["id"])
        set_metadata({"description": new})
        undo(partial(set_metadata, {"description": old}))


def _refuse_repetition(services: RequestServices, name: str) -> None:
    """Refuse a retry whose earlier attempt got no answer.

    Cinder accepts no mark for a new image, so the image of a lost request cannot be recognized.

    :raises OutcomeUnknown: an earlier request with the same Idempotency-Key got no answer
    """
    request = services.context.idempotent_request
    if request is None:
        return
    if request.earlier is Earlier.LOST:
        raise exceptions.OutcomeUnknown(
            "An earlier request with this Idempotency-Key got no answer, and an image cannot be "
            f"traced to its request: check whether GET /api/v1/images lists the image {name!r}. "
            "If it does not, try again with a new key."
        )


def _completed(
    services: RequestServices, image_id: str, name: str, properties: dict[str, str | int | None]
) -> Image:
    """The new image, with its description and its minimum disk and memory.

    Cinder accepts no description and copies the old image's; it copies neither ``min_disk`` nor
    ``min_ram``. The image is already being created: when this update fails, the result has only
    the known fields.
    """
    glance = services.openstack.image
    image: Image = {
        "id": image_id,
        "name": name,
        "status": "queued",
        "visibility": "private",
        "owner": services.project_id,
    }
    try:
        image = glance.get_image(image_id)
        changes = {key: value for key, value in properties.items() if value != image.get(key)}
        if changes:
            image = glance.update_image(image_id, changes)
    except exceptions.KicVmError as error:
        LOG.warning(
            "Could not set the description, min_disk and min_ram of the new image %s: %s",
            image_id,
            error,
        )
    return image
