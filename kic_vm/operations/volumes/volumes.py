# SPDX-License-Identifier: Apache-2.0
"""Volumes: get, list, update, delete, and their types."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import volumes as mapping
from kic_vm.mappings.volume_types import VolumeTypeView, volume_type_from_type
from kic_vm.mappings.volumes import ChangedVolumeView, VolumeView
from kic_vm.operations import listing, recent_lists
from kic_vm.operations.changes import given_changes
from kic_vm.operations.refusals import refusal
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes.states import (
    get_volume_for,
    read_with_surroundings,
    state_conflicts_reported,
)
from kic_vm.schemas.volumes import VolumeListQuerySchema, VolumeUpdateBody

_FILTERS: Final = listing.filters_of(VolumeListQuerySchema)


def get_volume(services: RequestServices, volume_id: str) -> VolumeView:
    """One volume. 2 upstream calls side by side for a free volume, 3 for an attached one.

    One more while Cinder does not show the attachment with the volume (it is being attached, or
    its instance is terminated), and one more for a bootable volume of an instance with several
    volumes.

    :raises NotFound: the project has no volume with this id
    """
    volume, related = read_with_surroundings(services, volume_id)
    return mapping.volume_from_volume(volume, related, services.app_state.translation)


def list_volumes(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[VolumeView], Pagination]:
    """A page of the project's volumes. 3 upstream calls side by side, whatever their number.

    One more if a volume is attached to a server that Nova does not list: the server may just have
    been deleted, or a part of Nova may not answer.

    :raises InvalidRequest: the availability zone does not exist
    :raises UpstreamUnavailable: Nova could not list all servers
    """
    services.app_state.translation.zones.check_filter(query)
    return recent_lists.page(services, "volumes", _all_volumes, query, _FILTERS)


def _all_volumes(services: RequestServices) -> list[VolumeView]:
    openstack = services.openstack
    servers, volumes, snapshots = gather_reads(
        openstack.compute.list_reachable_servers,
        openstack.block_storage.list_volumes,
        partial(openstack.block_storage.list_snapshots, status="creating"),
    )
    related = mapping.related_resources(volumes, servers, snapshots)
    if mapping.lacks_servers(volumes, servers, related):
        openstack.compute.list_server_ids()
    translation = services.app_state.translation
    return [mapping.volume_from_volume(volume, related, translation) for volume in volumes]


def update_volume(
    services: RequestServices, volume_id: str, changes: VolumeUpdateBody
) -> ChangedVolumeView:
    """Change a volume's name or description. One upstream call more than a get.

    :param changes: ``name`` and ``description``; null clears the description, a name that is
        null or missing stays
    :raises NotFound: the project has no volume with this id
    :raises InvalidState: the volume is being deleted
    """
    given = given_changes("volume", changes)
    volume, related = read_with_surroundings(services, volume_id)
    translation = services.app_state.translation
    state = mapping.state_of(volume, related, translation.lifecycle)
    if not state.allows("update"):
        raise refusal("volume", state, "update")
    with state_conflicts_reported(services, volume_id, "update"):
        changed = services.openstack.block_storage.update_volume(volume_id, given)
    return mapping.changed_volume(changed, state, translation)


def delete_volume(services: RequestServices, volume_id: str) -> None:
    """Start deleting a volume. 3 upstream calls, the first two side by side.

    :raises NotFound: the project has no volume with this id
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


def list_volume_types(services: RequestServices) -> list[VolumeTypeView]:
    """The volume types that the project can use. One upstream call."""
    names = services.app_state.translation.volume_types
    return [
        volume_type_from_type(volume_type, names)
        for volume_type in services.openstack.block_storage.list_volume_types()
    ]
