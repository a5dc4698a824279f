# SPDX-License-Identifier: Apache-2.0
"""Nova volume attachment -> attached volume of the contract."""

from typing import TypedDict

from kic_vm.resources.compute import Server, VolumeAttachment


def is_attached(server: Server, volume_id: str) -> bool:
    """Whether the volume is attached to the server, according to Nova."""
    attached = server["os-extended-volumes:volumes_attached"]
    return volume_id in {item["id"] for item in attached}


def is_deleted_on_termination(server: Server, volume_id: str) -> bool:
    """Whether Nova deletes an attached volume with the server."""
    attached = server["os-extended-volumes:volumes_attached"]
    return any(item["id"] == volume_id and item["delete_on_termination"] for item in attached)


class VolumeAttachmentView(TypedDict):
    """A volume in the response to an attach; see VolumeAttachmentSchema."""

    id: str
    instance_id: str
    mount_point: str
    is_delete_on_termination: bool


def volume_from_attachment(attachment: VolumeAttachment) -> VolumeAttachmentView:
    """The contract's response to an attach."""
    return {
        "id": attachment["volumeId"],
        "instance_id": attachment["serverId"],
        "mount_point": attachment["device"] or "",
        "is_delete_on_termination": attachment["delete_on_termination"],
    }
