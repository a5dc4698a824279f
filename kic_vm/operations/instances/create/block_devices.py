# SPDX-License-Identifier: Apache-2.0
"""The volumes of a new instance as block devices, so that Nova creates and rolls them back."""

from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.exceptions import FieldErrorCode
from kic_vm.operations.images.images import get_bootable_image
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.projects import quotas
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.sizes import check_size, check_size_for_image
from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import BlockDevice
from kic_vm.resources.image import Image
from kic_vm.schemas.instance_changes import InstanceCreateBody, InstanceVolumeBody


def source_images(services: RequestServices, request: InstanceCreateBody) -> dict[str, Image]:
    """The images of the new volumes, by id; one upstream call each, side by side.

    :param request: InstanceCreateSchema, loaded
    :raises InvalidRequest: an image does not exist or is not ready, or image_id differs from the
        image of the root volume
    """
    root, *others = request["volumes"]
    fields: dict[str, str] = {}
    if root["source_type"] in {None, "image"}:
        if root["uuid"] not in {None, request["image_id"]}:
            raise exceptions.InvalidField(
                "volumes.0.uuid",
                "the root volume is created from image_id: give the same image, or leave uuid out.",
            )
        fields[str(request["image_id"])] = "image_id"
    for number, volume in enumerate(others, 1):
        if volume["source_type"] == "image":
            if not volume["uuid"]:
                raise exceptions.InvalidField(
                    f"volumes.{number}.uuid", "give the id of the image.", FieldErrorCode.REQUIRED
                )
            fields.setdefault(str(volume["uuid"]), f"volumes.{number}.uuid")
    images = gather_reads(
        *(
            partial(get_bootable_image, services, image_id, field)
            for image_id, field in fields.items()
        )
    )
    return dict(zip(fields, images, strict=True))


def existing_volumes(services: RequestServices, request: InstanceCreateBody) -> dict[str, Volume]:
    """The existing volumes that the request names, by id; one upstream call each, side by side.

    :param request: InstanceCreateSchema, loaded
    :raises InvalidRequest: a volume does not exist, or is in another zone
    :raises Conflict: a volume is not available
    """
    ids = [
        str(volume["uuid"]) for volume in request["volumes"] if volume["source_type"] == "volume"
    ]
    if len(set(ids)) < len(ids):
        raise exceptions.InvalidField(
            "volumes", "the same volume is named twice.", FieldErrorCode.DUPLICATE
        )
    zone = request["availability_zone"]
    volumes = gather_reads(*(partial(_volume, services, volume_id, zone) for volume_id in ids))
    return dict(zip(ids, volumes, strict=True))


def _volume(services: RequestServices, volume_id: str, zone: str | None) -> Volume:
    with as_invalid_request("volumes.uuid", "volume", volume_id):
        volume = get_own_volume(services, volume_id)
    if volume["status"] != "available":
        raise exceptions.Conflict(f"volumes.uuid: the volume {volume_id} is in use or not ready.")
    zones = services.app_state.translation.zones
    volume_zone = zones.to_client(volume["availability_zone"])
    if zone and volume_zone and zones.to_cloud(zone) != volume["availability_zone"]:
        raise exceptions.InvalidField(
            "volumes.uuid",
            f"the volume {volume_id} is in {volume_zone}: create the instance there.",
        )
    return volume


def check_quota(services: RequestServices, request: InstanceCreateBody) -> None:
    """Refuse new volumes that exceed the project's quota, before Nova has accepted the request.

    One upstream call, unless there are no new volumes.

    :param request: InstanceCreateSchema, loaded
    :raises QuotaExceeded: the project's quota does not allow the volumes
    """
    sizes = [_size(volume) for volume in request["volumes"] if volume["source_type"] != "volume"]
    count = request["count"]
    if sizes:
        quotas.check(
            services.openstack.block_storage.get_quotas,
            {"volumes": count * len(sizes), "gigabytes": count * sum(sizes)},
        )


def block_devices(
    services: RequestServices,
    request: InstanceCreateBody,
    images: dict[str, Image],
    volumes: dict[str, Volume],
) -> list[BlockDevice]:
    """Nova's block_device_mapping_v2 for the volumes; the first one is the root volume.

    :param request: InstanceCreateSchema, loaded
    :param images: see source_images
    :param volumes: see existing_volumes
    :raises InvalidRequest: a size is out of range, or the root volume is not bootable
    """
    root, *others = request["volumes"]
    devices = [_root(services, root, str(request["image_id"]), images, volumes)]
    devices += [_other(services, number, volume, images) for number, volume in enumerate(others, 1)]
    return devices


def _root(
    services: RequestServices,
    volume: InstanceVolumeBody,
    image_id: str,
    images: dict[str, Image],
    volumes: dict[str, Volume],
) -> BlockDevice:
    if volume["source_type"] == "blank":
        raise exceptions.InvalidField(
            "volumes.0.source_type",
            "the first volume is the root volume: use image, or volume with a bootable volume.",
        )
    if volume["source_type"] == "volume":
        existing = volumes[str(volume["uuid"])]
        if existing["bootable"] != "true":
            raise exceptions.InvalidField(
                "volumes.0.uuid", "this volume is not bootable: choose a bootable one."
            )
        source_image_id = existing.get("volume_image_metadata", {}).get("image_id", image_id)
        if source_image_id != image_id:
            raise exceptions.InvalidField(
                "image_id",
                f"the root volume was created from another image: give {source_image_id}.",
            )
        return _existing(volume, boot_index=0)
    image = images[image_id]
    check_size_for_image(services, "volumes.0.size", _size(volume), image)
    return {
        **_new(volume, 0, is_delete_on_termination=True),
        "source_type": "image",
        "uuid": image["id"],
    }


def _other(
    services: RequestServices, number: int, volume: InstanceVolumeBody, images: dict[str, Image]
) -> BlockDevice:
    if volume["source_type"] == "volume":
        return _existing(volume, boot_index=-1)
    image = images[str(volume["uuid"])] if volume["source_type"] == "image" else None
    field = f"volumes.{number}.size"
    if image:
        check_size_for_image(services, field, _size(volume), image)
    else:
        check_size(services, field, _size(volume))
    device = _new(volume, -1, is_delete_on_termination=False)
    if image:
        return {**device, "source_type": "image", "uuid": image["id"]}
    return {**device, "source_type": "blank"}


def _new(
    volume: InstanceVolumeBody, boot_index: int, *, is_delete_on_termination: bool
) -> BlockDevice:
    requested = volume["is_delete_on_termination"]
    device: BlockDevice = {
        "destination_type": "volume",
        "boot_index": boot_index,
        "volume_size": _size(volume),
        "delete_on_termination": is_delete_on_termination if requested is None else requested,
    }
    if volume["type_id"]:
        device["volume_type"] = str(volume["type_id"])
    return device


def _size(volume: InstanceVolumeBody) -> int:
    """The size of a new volume, which the schema requires."""
    return volume["size"] or 0


def _existing(volume: InstanceVolumeBody, boot_index: int) -> BlockDevice:
    return {
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": str(volume["uuid"]),
        "boot_index": boot_index,
        "delete_on_termination": bool(volume["is_delete_on_termination"]),
    }
