"""The volumes of a new instance, as Nova's block devices: so Nova makes and rolls back all."""

from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.parallel import gather
from kic_vm.mappings import images
from kic_vm.operations.references import named
from kic_vm.operations.scope import Scope

JSON = dict[str, Any]


def existing_volumes(scope: Scope, wanted: list[JSON]) -> dict[str, JSON]:
    """The existing volumes that are asked for, by id; one upstream call each, side by side.

    :raises InvalidRequest: one is not there, or is not free
    """
    ids = [str(volume["uuid"]) for volume in wanted if volume["source_type"] == "volume"]
    if len(set(ids)) < len(ids):
        raise exceptions.InvalidRequest("volumes: the same volume is named twice.")
    return dict(zip(ids, gather(*(partial(_volume, scope, one) for one in ids)), strict=True))


def _volume(scope: Scope, volume_id: str) -> JSON:
    with named("volumes.uuid", "volume", volume_id):
        volume = scope.openstack.block_storage.get_volume(volume_id)
        if volume["os-vol-tenant-attr:tenant_id"] != scope.project_id:
            raise exceptions.NotFound
    if volume["status"] != "available":
        raise exceptions.Conflict(f"volumes.uuid: the volume {volume_id} is in use or not ready.")
    return volume


def block_devices(
    scope: Scope, wanted: list[JSON], image: JSON | None, volumes: dict[str, JSON]
) -> list[JSON]:
    """Nova's block_device_mapping_v2 for the volumes; the first one boots.

    :param image: what the root volume is made from; None where it exists already
    :param volumes: existing volumes by id
    :raises InvalidRequest: a size is out of its limits, or the root volume cannot boot
    """
    root, *others = wanted
    devices = [_root(scope, root, image, volumes)]
    devices += [_other(scope, number, volume) for number, volume in enumerate(others, 1)]
    return devices


def _root(scope: Scope, volume: JSON, image: JSON | None, volumes: dict[str, JSON]) -> JSON:
    if volume["source_type"] == "blank":
        raise exceptions.InvalidRequest(
            "volumes.0.source_type: the first volume is the root volume: it is made from an "
            "image, or is a bootable volume."
        )
    if image is None:
        if volumes[str(volume["uuid"])]["bootable"] != "true":
            raise exceptions.InvalidRequest("volumes.0.uuid: this volume is not bootable.")
        return _existing(volume, boot_index=0)
    _check_size(scope, 0, volume)
    if volume["size"] < image["min_disk"]:
        raise exceptions.InvalidRequest(
            f"volumes.0.size: the image needs at least {image['min_disk']} GB."
        )
    maximum = scope.platform.conf.volume.max_windows_size_gb
    if images.is_windows(image) and volume["size"] > maximum:
        raise exceptions.InvalidRequest(
            f"volumes.0.size: a volume with Windows has at most {maximum} GB."
        )
    return _new(volume, 0, is_delete_on_termination=True) | {
        "source_type": "image",
        "uuid": image["id"],
    }


def _other(scope: Scope, number: int, volume: JSON) -> JSON:
    if volume["source_type"] == "volume":
        return _existing(volume, boot_index=-1)
    _check_size(scope, number, volume)
    device = _new(volume, -1, is_delete_on_termination=False)
    if volume["source_type"] == "image":
        if not volume["uuid"]:
            raise exceptions.InvalidRequest(
                f"volumes.{number}.uuid: the id of the image is needed."
            )
        return device | {"source_type": "image", "uuid": str(volume["uuid"])}
    return device | {"source_type": "blank"}


def _check_size(scope: Scope, number: int, volume: JSON) -> None:
    maximum = scope.platform.conf.volume.max_size_gb
    if volume["size"] > maximum:
        raise exceptions.InvalidRequest(
            f"volumes.{number}.size: a volume has at most {maximum} GB."
        )


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
