"""Volumes: get, list, update, delete, and their types."""

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters import compute
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.mappings import volumes as mapping
from kic_vm.mappings.volume_types import volume_type_from_type
from kic_vm.operations import listing
from kic_vm.operations.changes import given_changes
from kic_vm.operations.ownership import get_own_server
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.states import (
    get_volume_for,
    read_with_snapshots,
    state_conflicts_reported,
)

JSON = dict[str, Any]

_FILTERS = {
    "id": listing.equals("id"),
    "name": listing.contains("name"),
    "status": listing.equals("status"),
    "instance_id": listing.equals("instance_id"),
    "mount_point": listing.equals("mount_point"),
    "type": listing.equals("type"),
    "size": listing.equals("size"),
    "availability_zone": listing.equals("availability_zone"),
    "instance_name": listing.contains("instance_name"),
    "volume_type": listing.equals("volume_type"),
    "attach_status": listing.equals("attach_status"),
    "is_bootable": listing.equals("is_bootable"),
    "is_encrypted": listing.equals("is_encrypted"),
    "is_root": listing.equals("is_root"),
    "created_at": listing.dated("created_at"),
    "updated_at": listing.dated("updated_at"),
}


def get_volume(services: RequestServices, volume_id: str) -> JSON:
    """One volume. 2 upstream calls side by side, one more for an attached volume.

    One more when Cinder does not show the attachment with the volume (it is being attached, or its
    instance is terminated), and one more for a bootable volume of an instance with several volumes.

    :raises NotFound: the project has no such volume
    """
    volume, related = _read_related(services, volume_id)
    return mapping.volume_from_volume(volume, related, services.app_state.translation)


def list_volumes(services: RequestServices, query: Mapping[str, Any]) -> tuple[list[JSON], JSON]:
    """A page of the project's volumes. 3 upstream calls side by side, for any number of volumes.

    One more when a volume is attached to a server that Nova does not list: the server may have been
    deleted meanwhile, or a cell may not respond.

    :raises UpstreamUnavailable: not all of the servers could be listed
    """
    openstack = services.openstack
    volumes, snapshots, servers = gather_reads(
        openstack.block_storage.list_volumes,
        partial(openstack.block_storage.list_snapshots, status="creating"),
        openstack.compute.list_reachable_servers,
    )
    related = mapping.related_resources(volumes, servers, snapshots)
    if mapping.lacks_servers(volumes, servers, related):
        openstack.compute.list_server_ids()
    translation = services.app_state.translation
    items = [mapping.volume_from_volume(volume, related, translation) for volume in volumes]
    return listing.select(items, query, _FILTERS)


def update_volume(services: RequestServices, volume_id: str, changes: JSON) -> JSON:
    """Update a volume's name and description. One upstream call more than a get.

    :param changes: ``name`` and ``description``; a null description clears it, a null or missing
        name stays
    :raises NotFound: the project has no such volume
    :raises InvalidState: the volume is being deleted
    """
    volume_changes = given_changes("volume", changes)
    volume, related = _read_related(services, volume_id)
    translation = services.app_state.translation
    state = mapping.state_of(volume, related, translation.lifecycle)
    if not state.allows("update"):
        raise refusal("volume", state, "update")
    with state_conflicts_reported(services, volume_id, "update"):
        updated = services.openstack.block_storage.update_volume(volume_id, volume_changes)
    return mapping.changed_volume(updated, state, translation)


def delete_volume(services: RequestServices, volume_id: str) -> None:
    """Start to delete a volume. 3 upstream calls, the first two side by side.

    :raises NotFound: the project has no such volume
    :raises InvalidState: the volume is attached, or another operation is in progress
    :raises AlreadyUnderWay: the volume is already being deleted
    :raises Conflict: the volume has snapshots
    """
    command = "delete"
    block_storage = services.openstack.block_storage
    get_volume_for(services, volume_id, command)
    try:
        with state_conflicts_reported(services, volume_id, command):
            block_storage.delete_volume(volume_id)
    except exceptions.Conflict as error:
        if snapshots := block_storage.list_snapshots(volume_id=volume_id):
            raise exceptions.Conflict(
                f"The volume has snapshots ({len(snapshots)}): delete them first.",
                snapshots=[snapshot["id"] for snapshot in snapshots],
            ) from error
        raise


def list_volume_types(services: RequestServices) -> list[JSON]:
    """The volume types that the project may use. One upstream call."""
    names = services.app_state.translation.volume_types
    return [
        volume_type_from_type(volume_type, names)
        for volume_type in services.openstack.block_storage.list_volume_types()
    ]


def _read_related(
    services: RequestServices, volume_id: str
) -> tuple[JSON, mapping.VolumeRelatedResources]:
    volume, snapshots = read_with_snapshots(services, volume_id)
    server = _server_of(services, volume)
    attached = [volume]
    # Which of several volumes is the root depends on all of them; Cinder returns one, or all.
    has_others = server and len(server["os-extended-volumes:volumes_attached"]) > 1
    if has_others and volume["bootable"] == "true":
        attached = services.openstack.block_storage.list_volumes()
    related = mapping.related_resources(attached, [server] if server else [], snapshots)
    if server:  # Cinder knows the attachment; Nova may not show it with the server yet
        related = dataclasses.replace(related, servers={volume_id: server})
    return volume, related


def _server_of(services: RequestServices, volume: JSON) -> JSON | None:
    """The server that the volume is attached to, being attached to, or reserved for."""
    ids = [attachment["server_id"] for attachment in volume["attachments"]]
    if not ids and volume["status"] in mapping.STATUSES_WITHOUT_ATTACHMENT:
        attachments = services.openstack.block_storage.list_attachments(volume["id"])
        ids = [attachment["instance"] for attachment in attachments if attachment["instance"]]
    if not ids:
        return None
    try:
        return get_own_server(services, ids[0], compute.STATE)
    except exceptions.NotFound:  # deleted between the two calls
        return None
