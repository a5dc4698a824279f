"""The volumes of a new instance, as Nova's block devices: so Nova makes and rolls back all."""

from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.operations.images.images import get_bootable_image
from kic_vm.operations.ownership import get_own_volume
from kic_vm.operations.projects import quotas
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.sizes import check_size, check_size_for_image

JSON = dict[str, Any]


def source_images(services: RequestServices, wanted: JSON) -> dict[str, JSON]:
    """The images that new volumes are made from, by id; one upstream call each, side by side.

    :param wanted: InstanceCreateSchema, loaded
    :raises InvalidRequest: one is not there or not ready, or image_id is not the root volume's
    """
    root, *others = wanted["volumes"]
    fields: dict[str, str] = {}
    if root["source_type"] in {None, "image"}:
        if root["uuid"] not in {None, wanted["image_id"]}:
            raise exceptions.InvalidRequest(
                "volumes.0.uuid: the root volume is made from image_id: give the same image, or "
                "leave uuid out."
            )
        fields[str(wanted["image_id"])] = "image_id"
    for number, volume in enumerate(others, 1):
        if volume["source_type"] == "image":
            if not volume["uuid"]:
                raise exceptions.InvalidRequest(
                    f"volumes.{number}.uuid: the id of the image is needed."
                )
            fields.setdefault(str(volume["uuid"]), f"volumes.{number}.uuid")
    found = gather_reads(
        *(
            partial(get_bootable_image, services, image_id, field)
            for image_id, field in fields.items()
        )
    )
    return dict(zip(fields, found, strict=True))


def existing_volumes(services: RequestServices, wanted: JSON) -> dict[str, JSON]:
    """The existing volumes that are asked for, by id; one upstream call each, side by side.

    :param wanted: InstanceCreateSchema, loaded
    :raises InvalidRequest: one is not there, or in another zone
    :raises Conflict: one is not free
    """
    ids = [str(volume["uuid"]) for volume in wanted["volumes"] if volume["source_type"] == "volume"]
    if len(set(ids)) < len(ids):
        raise exceptions.InvalidRequest("volumes: the same volume is named twice.")
    zone = wanted["availability_zone"]
    return dict(
        zip(ids, gather_reads(*(partial(_volume, services, one, zone) for one in ids)), strict=True)
    )


def _volume(services: RequestServices, volume_id: str, zone: str | None) -> JSON:
    with as_invalid_request("volumes.uuid", "volume", volume_id):
        volume = get_own_volume(services, volume_id)
    if volume["status"] != "available":
        raise exceptions.Conflict(f"volumes.uuid: the volume {volume_id} is in use or not ready.")
    zones = services.app_state.translation.zones
    theirs = zones.to_client(volume["availability_zone"])
    if zone and theirs and zones.to_cloud(zone) != volume["availability_zone"]:
        raise exceptions.InvalidRequest(
            f"volumes.uuid: the volume {volume_id} is in {theirs}: make the instance there."
        )
    return volume


def check_quota(services: RequestServices, wanted: JSON) -> None:
    """Refuse new volumes that the project may not have; Nova would find out when it is too late.

    One upstream call, unless nothing new is wanted.

    :param wanted: InstanceCreateSchema, loaded
    :raises QuotaExceeded: the project's quota does not allow them
    """
    sizes = [volume["size"] for volume in wanted["volumes"] if volume["source_type"] != "volume"]
    count = wanted["count"]
    if sizes:
        quotas.check(
            services.openstack.block_storage.get_quotas,
            {"volumes": count * len(sizes), "gigabytes": count * sum(sizes)},
        )


def block_devices(
    services: RequestServices, wanted: JSON, images: dict[str, JSON], volumes: dict[str, JSON]
) -> list[JSON]:
    """Nova's block_device_mapping_v2 for the volumes; the first one boots.

    :param wanted: InstanceCreateSchema, loaded
    :param images: see source_images
    :param volumes: see existing_volumes
    :raises InvalidRequest: a size is out of its limits, or the root volume cannot boot
    """
    root, *others = wanted["volumes"]
    devices = [_root(services, root, str(wanted["image_id"]), images, volumes)]
    devices += [_other(services, number, volume, images) for number, volume in enumerate(others, 1)]
    return devices


def _root(
    services: RequestServices,
    volume: JSON,
    image_id: str,
    images: dict[str, JSON],
    volumes: dict[str, JSON],
) -> JSON:
    if volume["source_type"] == "blank":
        raise exceptions.InvalidRequest(
            "volumes.0.source_type: the first volume is the root volume: it is made from an "
            "image, or is a bootable volume."
        )
    if volume["source_type"] == "volume":
        existing = volumes[str(volume["uuid"])]
        if existing["bootable"] != "true":
            raise exceptions.InvalidRequest("volumes.0.uuid: this volume is not bootable.")
        origin = existing.get("volume_image_metadata", {}).get("image_id", image_id)
        if origin != image_id:
            raise exceptions.InvalidRequest(
                f"image_id: the root volume holds another image: give {origin}."
            )
        return _existing(volume, boot_index=0)
    image = images[image_id]
    check_size_for_image(services, "volumes.0.size", volume["size"], image)
    return _new(volume, 0, is_delete_on_termination=True) | {
        "source_type": "image",
        "uuid": image["id"],
    }


def _other(services: RequestServices, number: int, volume: JSON, images: dict[str, JSON]) -> JSON:
    if volume["source_type"] == "volume":
        return _existing(volume, boot_index=-1)
    image = images[str(volume["uuid"])] if volume["source_type"] == "image" else None
    field = f"volumes.{number}.size"
    if image:
        check_size_for_image(services, field, volume["size"], image)
    else:
        check_size(services, field, volume["size"])
    device = _new(volume, -1, is_delete_on_termination=False)
    if image:
        return device | {"source_type": "image", "uuid": image["id"]}
    return device | {"source_type": "blank"}


def _new(volume: JSON, boot_index: int, *, is_delete_on_termination: bool) -> JSON:
    chosen = volume["is_delete_on_termination"]
    device = {
        "destination_type": "volume",
        "boot_index": boot_index,
        "volume_size": volume["size"],
        "delete_on_termination": is_delete_on_termination if chosen is None else chosen,
    }
    if volume["type_id"]:
        device["volume_type"] = str(volume["type_id"])
    return device


def _existing(volume: JSON, boot_index: int) -> JSON:
    return {
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": str(volume["uuid"]),
        "boot_index": boot_index,
        "delete_on_termination": bool(volume["is_delete_on_termination"]),
    }
