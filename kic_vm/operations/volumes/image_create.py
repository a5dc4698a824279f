"""Making an image of a root volume."""

from typing import Any

from oslo_log import log as logging

from kic_vm import exceptions
from kic_vm.idempotent_request import Earlier
from kic_vm.mappings.images import changed_image, needs_of_volume
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.states import get_volume_for, state_conflicts_reported

JSON = dict[str, Any]

LOG = logging.getLogger(__name__)


def create_image(services: RequestServices, volume_id: str, wanted: JSON) -> JSON:
    """Begin to make an image of a root volume, attached or not; the image as it begins.

    5 upstream calls, the first two side by side.

    :param wanted: ImageCreateSchema, loaded
    :raises NotFound: the project has no such volume
    :raises InvalidState: it is not bootable, or something is being done with it
    :raises Conflict: the cloud makes no images of attached volumes
    """
    _refuse_repetition(services, wanted["name"])
    command = "create-image"
    volume = get_volume_for(services, volume_id, command)
    try:
        with state_conflicts_reported(services, volume_id, command):
            image_id = services.openstack.block_storage.upload_volume(volume_id, wanted["name"])
    except exceptions.Conflict as error:
        if volume["status"] != "in-use":
            raise
        raise exceptions.Conflict(
            "This cloud makes no image of a volume that is attached: make a snapshot of it, "
            "restore that to a new volume, and make the image of the new one."
        ) from error
    properties = needs_of_volume(volume) | {"description": wanted["description"]}
    return changed_image(_completed(services, image_id, wanted["name"], properties))


def _refuse_repetition(services: RequestServices, name: str) -> None:
    """Cinder takes no mark for an image, so the one of a lost request cannot be told from others.

    :raises OutcomeUnknown: an earlier request with the same Idempotency-Key got no answer
    """
    request = services.context.idempotent_request
    if request is None:
        return
    if request.earlier is Earlier.LOST:
        raise exceptions.OutcomeUnknown(
            "An earlier request with this Idempotency-Key got no answer, and images carry no mark "
            f"of their request: see whether GET /api/v1/images lists the image {name!r}. If it "
            "does not, use a new key to try again."
        )


def _completed(services: RequestServices, image_id: str, name: str, properties: JSON) -> JSON:
    """The new image with its description, and with what a machine made of it needs.

    Cinder takes no description and copies that of the old image; it copies neither ``min_disk``
    nor ``min_ram``. The image is being made already: where this fails, it is answered as far as it
    is known.
    """
    glance = services.openstack.image
    image = {
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
            "The image %s is being made, without its description, min_disk and min_ram: %s",
            image_id,
            error,
        )
    return image
