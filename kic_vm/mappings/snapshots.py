# SPDX-License-Identifier: Apache-2.0
"""Cinder snapshot -> snapshot of the contract.

A Cinder snapshot is complete: it needs no other snapshot. The chain of full and incremental
snapshots that the contract describes is in the metadata of the incremental ones, where each names
the snapshot before it. A snapshot without this metadata is full.
"""

from collections.abc import Iterable
from typing import Final, TypedDict

from kic_vm.mappings.times import utc
from kic_vm.resources.block_storage import ChangedSnapshot, Snapshot
from kic_vm.schemas import texts

_PARENT: Final = "kic-vm-parent"

# Documented: creating, available, restoring, deleting, error. Cinder's other words are reported as
# the one that says the same to a user who waits; what is not here reads error.
_STATUSES: Final = {
    "creating": "creating",
    "available": "available",
    "backing-up": "restoring",
    "restoring": "restoring",
    "deleting": "deleting",
    "deleted": "deleting",
    "unmanaging": "deleting",
    "error": "error",
    "error_deleting": "error",
}


def status_of(snapshot: ChangedSnapshot) -> str:
    """The documented status of a snapshot, in lower case."""
    return _STATUSES.get(snapshot["status"], "error")


def parent_metadata(snapshot_id: str) -> dict[str, str]:
    """The metadata of an incremental snapshot that was made after this one."""
    return {_PARENT: snapshot_id}


def parent_of(snapshot: ChangedSnapshot) -> str | None:
    """The id of the snapshot before an incremental one; None for a full one."""
    return snapshot["metadata"].get(_PARENT)


def parent_ids(snapshots: Iterable[Snapshot]) -> set[str]:
    """The ids of the snapshots that others depend on; one that is being deleted needs none."""
    return {
        parent_id
        for snapshot in snapshots
        if status_of(snapshot) != "deleting" and (parent_id := parent_of(snapshot))
    }


def _oldest_first(snapshots: list[Snapshot]) -> list[Snapshot]:
    """Snapshots in the order of their creation.

    Cinder's times have whole seconds. If two snapshots have the same time, the snapshot with more
    ancestors in its chain is newer.
    """
    parents = {snapshot["id"]: parent_of(snapshot) for snapshot in snapshots}

    def ancestors(snapshot_id: str) -> int:
        # Users can change the metadata, so a chain can contain a loop.
        passed: set[str] = set()
        parent_id = parents[snapshot_id]
        while parent_id is not None and parent_id in parents and parent_id not in passed:
            passed.add(parent_id)
            parent_id = parents[parent_id]
        return len(passed)

    return sorted(
        snapshots, key=lambda snapshot: (snapshot["created_at"], ancestors(snapshot["id"]))
    )


def newest_available(snapshots: Iterable[Snapshot]) -> Snapshot | None:
    """The snapshot that an incremental one continues; None where none is available."""
    ordered = _oldest_first(list(snapshots))
    return next(
        (snapshot for snapshot in reversed(ordered) if status_of(snapshot) == "available"), None
    )


def dependents_of(snapshot_id: str, snapshots: Iterable[Snapshot]) -> list[str]:
    """The ids of the snapshots that need this one, the newest first.

    :param snapshots: all of its volume
    """
    dependents = {snapshot_id}
    found: list[str] = []
    for snapshot in _oldest_first(list(snapshots)):
        if parent_of(snapshot) in dependents and status_of(snapshot) != "deleting":
            dependents.add(snapshot["id"])
            found.insert(0, snapshot["id"])
    return found


class SnapshotView(TypedDict):
    """A snapshot in the responses to get and list; see SnapshotSchema."""

    id: str
    name: str
    description: str | None
    size: int
    real_size: None
    status: str
    volume_id: str
    user_id: str
    project_id: str
    is_incremental: bool
    is_dependent_snapshot: bool
    parent_id: str | None
    schedule_id: None
    created_at: str
    updated_at: str | None


class NamedSnapshotView(TypedDict):
    """A snapshot in the responses to a creation and an update; see NamedSnapshotSchema."""

    id: str
    name: str


class RestoredVolumeView(TypedDict):
    """A snapshot, and the volume created from it; see RestoredVolumeSchema."""

    snapshot_id: str
    volume_id: str
    volume_name: str


def snapshot_from_snapshot(snapshot: Snapshot, *, has_dependents: bool) -> SnapshotView:
    """The contract's snapshot. How much room it takes is not in Cinder's API: null.

    :param has_dependents: whether an incremental snapshot was made after this one
    """
    parent_id = parent_of(snapshot)
    return {
        "id": snapshot["id"],
        "name": snapshot["name"],
        "description": texts.shown(snapshot["description"]),
        "size": snapshot["size"],
        "real_size": None,
        "status": status_of(snapshot),
        "volume_id": snapshot["volume_id"],
        "user_id": snapshot["user_id"],
        "project_id": snapshot["os-extended-snapshot-attributes:project_id"],
        "is_incremental": parent_id is not None,
        "is_dependent_snapshot": has_dependents,
        "parent_id": parent_id,
        "schedule_id": None,
        "created_at": utc(snapshot["created_at"]),
        "updated_at": utc(snapshot["updated_at"]),
    }
