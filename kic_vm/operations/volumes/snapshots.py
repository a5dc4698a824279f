# SPDX-License-Identifier: Apache-2.0
"""Snapshots: create, get, list, update, delete, restore."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.cache.stored_lists import Pagination
from kic_vm.mappings import request_marks
from kic_vm.mappings import snapshots as mapping
from kic_vm.mappings.snapshots import NamedSnapshotView, RestoredVolumeView, SnapshotView
from kic_vm.mappings.volumes import ChangedVolumeView
from kic_vm.operations import earlier_attempts, listing, recent_lists
from kic_vm.operations.changes import given_changes
from kic_vm.operations.ownership import get_own_snapshot
from kic_vm.operations.request import RequestServices
from kic_vm.operations.volumes import create
from kic_vm.operations.volumes.states import get_volume_for, state_conflicts_reported
from kic_vm.resources.block_storage import Snapshot, SnapshotRequest, Volume, VolumeRequest
from kic_vm.schemas.snapshots import (
    SnapshotCreateBody,
    SnapshotListQuerySchema,
    SnapshotRestoreBody,
    SnapshotUpdateBody,
)

_FILTERS: Final = listing.filters_of(SnapshotListQuerySchema)


def create_snapshot(
    services: RequestServices, volume_id: str, wanted: SnapshotCreateBody
) -> NamedSnapshotView:
    """Begin a snapshot of a volume. 3 upstream calls, the first two side by side.

    An incremental one takes one call more, side by side with the first two.

    :param wanted: SnapshotCreateSchema, loaded
    :raises NotFound: the project has no such volume
    :raises InvalidState: the volume is not at rest
    :raises Conflict: an incremental one is asked for, and there is none before it
    :raises QuotaExceeded: the project's quota is used up
    """
    command = "create-snapshot"
    block_storage = services.openstack.block_storage
    made = earlier_attempts.find_in_metadata(services, block_storage.list_marked_snapshots)
    if made:
        return {"id": made["id"], "name": made["name"]}
    metadata = request_marks.metadata(services.context.idempotent_request)
    check_state = partial(get_volume_for, services, volume_id, command)
    if wanted["is_incremental"]:
        _volume, snapshots = gather_reads(
            check_state, partial(block_storage.list_snapshots, volume_id=volume_id)
        )
        metadata |= mapping.parent_metadata(_parent_for_incremental(snapshots)["id"])
    else:
        check_state()
    asked: SnapshotRequest = {"name": wanted["name"], "description": wanted["description"]}
    if metadata:
        asked["metadata"] = metadata
    with state_conflicts_reported(services, volume_id, command):
        snapshot = block_storage.create_snapshot(volume_id, asked)
    return {"id": snapshot["id"], "name": snapshot["name"]}


def _parent_for_incremental(snapshots: list[Snapshot]) -> Snapshot:
    parent = mapping.newest_available(snapshots)
    if parent is None:
        raise exceptions.Conflict(
            "is_incremental: the volume has no available snapshot that an incremental one could "
            "continue. The first snapshot of a volume must be full: send false."
        )
    return parent


def get_snapshot(services: RequestServices, snapshot_id: str) -> SnapshotView:
    """One snapshot. 2 upstream calls side by side.

    :raises NotFound: the project has no such snapshot
    """
    snapshot, dependents = gather_reads(
        partial(get_own_snapshot, services, snapshot_id),
        partial(
            services.openstack.block_storage.list_marked_snapshots,
            mapping.parent_metadata(snapshot_id),
        ),
    )
    has_dependents = snapshot_id in mapping.parent_ids(dependents)
    return mapping.snapshot_from_snapshot(snapshot, has_dependents=has_dependents)


def list_snapshots(
    services: RequestServices, query: Mapping[str, Any]
) -> tuple[list[SnapshotView], Pagination]:
    """A page of the project's snapshots. One upstream call."""
    if recent_lists.is_age_accepted(services):
        return recent_lists.page(services, "snapshots", _all_snapshots, query, _FILTERS)
    snapshots = _all_snapshots(services, _uuid(query.get("volume_id", "")))
    return listing.select(snapshots, query, _FILTERS)


def _uuid(wanted: str) -> str | None:
    """The form in which Cinder compares a UUID of the query, or None for another text."""
    try:
        return str(uuid.UUID(wanted.replace("_", "-")))
    except ValueError:
        return None


def _all_snapshots(services: RequestServices, volume_id: str | None = None) -> list[SnapshotView]:
    """The snapshots of the project or of a volume."""
    snapshots = services.openstack.block_storage.list_snapshots(volume_id=volume_id)
    needed = mapping.parent_ids(snapshots)
    return [
        mapping.snapshot_from_snapshot(snapshot, has_dependents=snapshot["id"] in needed)
        for snapshot in snapshots
    ]


def update_snapshot(
    services: RequestServices, snapshot_id: str, changes: SnapshotUpdateBody
) -> NamedSnapshotView:
    """Rename or describe a snapshot. 2 upstream calls.

    :param changes: ``name`` and ``description``; null clears the description, a name that is
        null or missing stays
    :raises NotFound: the project has no such snapshot
    :raises InvalidState: it is being deleted
    """
    given = given_changes("snapshot", changes)
    status = mapping.status_of(get_own_snapshot(services, snapshot_id))
    if status == "deleting":
        raise exceptions.InvalidState("The snapshot is being deleted: it cannot be changed now.")
    changed = services.openstack.block_storage.update_snapshot(snapshot_id, given)
    return {"id": changed["id"], "name": changed["name"]}


def delete_snapshot(services: RequestServices, snapshot_id: str) -> None:
    """Begin to remove a snapshot; volumes made from it stay. 3 upstream calls.

    :raises NotFound: the project has no such snapshot
    :raises InvalidState: it is not at rest
    :raises Conflict: newer incremental snapshots depend on it; the sentence has their ids
    :raises AlreadyUnderWay: it is being deleted
    """
    block_storage = services.openstack.block_storage
    snapshot = get_own_snapshot(services, snapshot_id)
    status = mapping.status_of(snapshot)
    if status == "deleting":
        raise exceptions.AlreadyUnderWay("The snapshot is already being deleted.")
    if status not in {"available", "error"}:
        raise exceptions.InvalidState(
            f"The snapshot is {status}: it can be deleted when it is available or in error."
        )
    siblings = block_storage.list_snapshots(volume_id=snapshot["volume_id"])
    if dependents := mapping.dependents_of(snapshot_id, siblings):
        raise exceptions.Conflict(
            "Newer incremental snapshots depend on this one. Delete them first, in this order: "
            f"{', '.join(dependents)}.",
            snapshots=dependents,
        )
    block_storage.delete_snapshot(snapshot_id)


def restore_snapshot(
    services: RequestServices, snapshot_id: str, wanted: SnapshotRestoreBody
) -> RestoredVolumeView:
    """Begin a new volume from a snapshot, in the snapshot's size. 2 upstream calls.

    :raises NotFound: the project has no such snapshot
    :raises InvalidState: the snapshot is not ready
    :raises QuotaExceeded: the project's quota is used up
    """
    made = create.find_made(services)
    if made:
        return _restored(snapshot_id, made)
    volume: VolumeRequest = {
        **create.asked_volume(services, wanted),
        "snapshot_id": snapshot_id,
    }
    status = mapping.status_of(get_own_snapshot(services, snapshot_id))
    if status != "available":
        raise exceptions.InvalidState(
            f"The snapshot is {status}: it can be restored when it is available."
        )
    created = create.ask(services, volume)
    return _restored(snapshot_id, created)


def _restored(snapshot_id: str, volume: Volume | ChangedVolumeView) -> RestoredVolumeView:
    return {"snapshot_id": snapshot_id, "volume_id": volume["id"], "volume_name": volume["name"]}
