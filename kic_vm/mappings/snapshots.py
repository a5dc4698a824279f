"""Cinder snapshot -> snapshot of the contract.

A Cinder snapshot is complete in itself: it needs no other snapshot, and no other one needs it. So
none is incremental, none has a parent, and each can be deleted independently.
"""

from typing import Any, Final

from kic_vm.mappings.times import utc
from kic_vm.schemas import texts

JSON = dict[str, Any]

# Documented: creating, available, restoring, deleting, error. Cinder's other statuses map to the
# documented one that means the same to a waiting user; a status that is not listed maps to error.
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


def status_of(snapshot: JSON) -> str:
    """The documented status of a snapshot, in lower case."""
    return _STATUSES.get(snapshot["status"], "error")


def snapshot_from_snapshot(snapshot: JSON) -> JSON:
    """The contract's snapshot. ``real_size`` is null: Cinder's API does not have it."""
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
        "is_incremental": False,
        "is_dependent_snapshot": False,
        "parent_id": None,
        "schedule_id": None,
        "created_at": utc(snapshot["created_at"]),
        "updated_at": utc(snapshot["updated_at"]),
    }
