# SPDX-License-Identifier: Apache-2.0
"""Create volumes: blank, from an image, or from another volume."""

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings import request_marks
from kic_vm.mappings import volumes as mapping
from kic_vm.mappings.volumes import ChangedVolumeView
from kic_vm.operations import earlier_attempts
from kic_vm.operations.images import images
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.sizes import check_size, check_size_for_image
from kic_vm.resources.block_storage import CreatedVolume, Volume, VolumeRequest
from kic_vm.schemas.snapshots import SnapshotRestoreBody
from kic_vm.schemas.volumes import VolumeCreateBody


def create_volume(services: RequestServices, request: VolumeCreateBody) -> ChangedVolumeView:
    """Create a volume. One upstream call; one more for the source image or volume.

    With an Idempotency-Key, one more, which looks for a volume from an earlier attempt.

    :param request: VolumeCreateSchema, loaded
    :raises InvalidRequest: the request cannot work; nothing has been created
    :raises QuotaExceeded: the project's quota is used up; nothing has been created
    """
    existing = find_made(services)
    if existing:
        return shown(services, existing)
    volume: VolumeRequest = {
        **asked_volume(services, request),
        "size": request["size"],
        "description": request["description"],
    }
    check_size(services, "size", request["size"])
    if request["image_id"]:
        image = images.get_bootable_image(services, str(request["image_id"]))
        check_size_for_image(services, "size", request["size"], image)
        volume["imageRef"] = image["id"]
    elif request["source_volume_id"]:
        volume["source_volid"] = _source(
            services, str(request["source_volume_id"]), request["size"]
        )
    return ask(services, volume)


def asked_volume(
    services: RequestServices, request: VolumeCreateBody | SnapshotRestoreBody
) -> VolumeRequest:
    """The common part of Cinder's request: name, zone, type and the mark of the request."""
    translation = services.app_state.translation
    volume: VolumeRequest = {
        "name": request["name"],
        "availability_zone": translation.zones.to_cloud(request["availability_zone"]),
    }
    marks = request_marks.metadata(services.context.idempotent_request)
    if marks:
        volume["metadata"] = marks
    if request["volume_type_id"]:
        volume["volume_type"] = translation.volume_types.to_cloud(request["volume_type_id"])
    return volume


def ask(services: RequestServices, volume: VolumeRequest) -> ChangedVolumeView:
    """Create a volume in Cinder; the contract's volume. One upstream call."""
    return shown(services, services.openstack.block_storage.create_volume(volume))


def find_made(services: RequestServices) -> Volume | None:
    """The volume that an earlier attempt created. One upstream call with an Idempotency-Key."""
    block_storage = services.openstack.block_storage
    return earlier_attempts.find_in_metadata(services, block_storage.list_marked_volumes)


def shown(services: RequestServices, created: CreatedVolume) -> ChangedVolumeView:
    """The contract's volume for a volume that Cinder has just created."""
    translation = services.app_state.translation
    state = translation.lifecycle.volume_state(created["status"])
    return mapping.changed_volume(created, state, translation)


def _source(services: RequestServices, volume_id: str, size: int) -> str:
    with as_invalid_request("source_volume_id", "volume", volume_id):
        source = get_own_volume(services, volume_id)
    if source["status"] not in {"available", "in-use"}:
        raise exceptions.Conflict(
            "source_volume_id: this volume is not ready: its status must be available or in_use."
        )
    if size < source["size"]:
        raise exceptions.InvalidField(
            "size",
            f"must be at least {source['size']} GB, the size of the source volume.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    check_size(services, "size", size, has_windows=mapping.is_windows_volume(source))
    return volume_id
