# SPDX-License-Identifier: Apache-2.0
"""Volumes attached to servers, from Nova's and Cinder's data."""

from kic_vm.resources.block_storage import Volume
from kic_vm.resources.compute import Server


def mount_point(volume: Volume, server_id: str) -> str | None:
    """The volume's device name in the server; Cinder has none for a terminated instance."""
    for attachment in volume.get("attachments", ()):
        if attachment["server_id"] == server_id:
            return attachment["device"]
    return None


def root_volume_id(server: Server, volumes: list[Volume]) -> str | None:
    """The id of the volume that the server boots from: the first bootable one.

    A server that boots from an image on the hypervisor's disk has none.

    :param volumes: the volumes attached to the server, in Nova's order
    """
    if server.get("image"):
        return None
    bootable = [volume for volume in volumes if volume["bootable"] == "true"]
    if not bootable:
        return None
    # Without devices (a shelved server has none), Nova's order counts: the root comes first.
    return min(bootable, key=lambda volume: mount_point(volume, server["id"]) or "")["id"]


def is_attaching(server: Server) -> bool:
    """Whether a volume that Cinder shows as reserved for this server is being attached.

    In Cinder, every attachment starts as a reservation; only a terminated instance keeps it so.
    """
    return server["OS-EXT-STS:vm_state"] != "shelved_offloaded" and not str(
        server["OS-EXT-STS:task_state"]
    ).startswith("shelving")
