"""What Nova and Cinder together tell about a volume that is attached to a server."""

from typing import Any

JSON = dict[str, Any]


def mount_point(volume: JSON, server_id: str) -> str | None:
    """The device by which the server knows the volume; Cinder tells none of a terminated one."""
    for attachment in volume.get("attachments", ()):
        if attachment["server_id"] == server_id:
            device: str | None = attachment["device"]
            return device
    return None


def root_volume_id(server: JSON, volumes: list[JSON]) -> str | None:
    """The volume that the server boots from: the first of its bootable ones.

    A server that Nova booted from an image on the hypervisor's disk has none.

    :param volumes: those attached to the server, in Nova's order
    """
    if server.get("image"):
        return None
    bootable = [volume for volume in volumes if volume["bootable"] == "true"]
    if not bootable:
        return None
    # Without devices (a shelved server has none) the order is Nova's, which begins with the root.
    first: str = min(bootable, key=lambda volume: mount_point(volume, server["id"]) or "")["id"]
    return first


def is_attaching(server: JSON) -> bool:
    """Whether a volume that Cinder calls reserved for this server is on its way to it.

    Cinder begins every attachment as a reservation; only a terminated instance keeps one.
    """
    return server["OS-EXT-STS:vm_state"] != "shelved_offloaded" and not str(
        server["OS-EXT-STS:task_state"]
    ).startswith("shelving")
