"""Making a volume: blank, or from an image or another volume."""

from typing import Any

from kic_vm import exceptions
from kic_vm.mappings import request_marks
from kic_vm.mappings import volumes as mapping
from kic_vm.operations import earlier_attempts
from kic_vm.operations.images import images
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.sizes import check_size, check_size_for_image

JSON = dict[str, Any]


def create_volume(services: RequestServices, wanted: JSON) -> JSON:
    """Ask Cinder for a volume. One upstream call; one before it for the image or the volume.

    With an Idempotency-Key one more, which looks for what an earlier attempt made.

    :param wanted: VolumeCreateSchema, loaded
    :raises InvalidRequest: what is asked for could not work; nothing has been made
    :raises QuotaExceeded: the project's quota is used up; nothing has been made
    """
    made = find_made(services)
    if made:
        return shown(services, made)
    volume = asked_volume(services, wanted) | {
        "size": wanted["size"],
        "description": wanted["description"],
    }
    check_size(services, "size", wanted["size"])
    if wanted["image_id"]:
        image = images.get_bootable_image(services, str(wanted["image_id"]))
        check_size_for_image(services, "size", wanted["size"], image)
        volume["imageRef"] = image["id"]
    elif wanted["source_volume_id"]:
        volume["source_volid"] = _source(services, str(wanted["source_volume_id"]), wanted["size"])
    return ask(services, volume)


def asked_volume(services: RequestServices, wanted: JSON) -> JSON:
    """What Cinder is asked for in every case: name, zone, type and the mark of the request."""
    translation = services.app_state.translation
    volume = {
        "name": wanted["name"],
        "availability_zone": translation.zones.to_cloud(wanted["availability_zone"]),
    }
    marks = request_marks.metadata(services.context.idempotent_request)
    if marks:
        volume["metadata"] = marks
    if wanted["volume_type_id"]:
        volume["volume_type"] = translation.volume_types.to_cloud(wanted["volume_type_id"])
    return volume


def ask(services: RequestServices, volume: JSON) -> JSON:
    """Have Cinder make a volume; the contract's answer. One upstream call."""
    return shown(services, services.openstack.block_storage.create_volume(volume))


def find_made(services: RequestServices) -> JSON | None:
    """The volume that an earlier attempt made. One upstream call with an Idempotency-Key."""
    block_storage = services.openstack.block_storage
    return earlier_attempts.find_in_metadata(services, block_storage.list_marked_volumes)


def shown(services: RequestServices, created: JSON) -> JSON:
    """The contract's answer about a volume that was just made."""
    translation = services.app_state.translation
    state = translation.lifecycle.volume_state(created["status"])
    return mapping.changed_volume(created, state, translation)


def _source(services: RequestServices, volume_id: str, size: int) -> str:
    with as_invalid_request("source_volume_id", "volume", volume_id):
        source = get_own_volume(services, volume_id)
    if source["status"] not in {"available", "in-use"}:
        raise exceptions.Conflict(
            "source_volume_id: this volume is not ready: its status has to be available or in_use."
        )
    if size < source["size"]:
        raise exceptions.InvalidRequest(
            f"size: must not be below the source volume's {source['size']} GB."
        )
    check_size(services, "size", size, has_windows=mapping.is_windows_volume(source))
    return volume_id
