# SPDX-License-Identifier: Apache-2.0
"""The true timeline of each instance, derived from Nova's notifications alone.

Nothing here comes from the gateway: the phases and their billing are written down a second time,
from the documentation of KakaoCloud.
"""

import bisect
import dataclasses
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

JSON = dict[str, Any]

CREATE: Final = "create"
RUNNING: Final = "running"
RESIZE: Final = "resize"
OFFLOADED: Final = "offloaded"
ERROR: Final = "error"
DELETE: Final = "delete"
BILLED: Final = RUNNING
"""The only phase that is billed. An instance that is stopped or restarts is in it too."""

_RESIZE_TASKS: Final = frozenset({"resize_prep", "resize_migrating", "resize_migrated"})
_RESIZE_ENDS: Final = frozenset({"resize_finish", "resize_reverting", "resize_confirming"})
_DELETE_TASKS: Final = frozenset({"deleting", "soft-deleting"})
# The tasks that a user can start in Error.
_REPAIR_TASKS: Final = frozenset(
    {
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "rebooting_hard",
        "reboot_pending_hard",
        "reboot_started_hard",
        "rebuilding",
        "rebuild_block_device_mapping",
        "rebuild_spawning",
        "rescuing",
        "powering-off",
    }
)
_PHASES: Final = {
    "building": CREATE,
    "resized": RESIZE,
    "shelved_offloaded": OFFLOADED,
    "deleted": DELETE,
    "soft-delete": DELETE,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Notification:
    """The pair of states of an instance, as Nova sent it."""

    instance_id: str
    vm_state: str
    task_state: str | None
    at: float
    """The time at which Nova sent it, in seconds since the epoch."""
    is_deleted: bool = False
    """It was sent after the deletion."""


class Change(NamedTuple):
    """An instance enters a phase."""

    at: float
    phase: str


def phase_of(vm_state: str, task_state: str | None) -> str:
    """The phase of a pair of states."""
    if task_state in _DELETE_TASKS:
        return DELETE
    if vm_state == "error":
        return RUNNING if task_state in _REPAIR_TASKS else ERROR
    if task_state in _RESIZE_TASKS or task_state in _RESIZE_ENDS:
        return RESIZE
    return _PHASES.get(vm_state, RUNNING)


class Truth:
    """The timelines of all instances that notifications were about."""

    def __init__(self, notifications: Iterable[Notification]) -> None:
        self._changes: dict[str, list[Change]] = {}
        self._pairs: dict[str, tuple[str, str | None]] = {}
        self.deleted_at: dict[str, float] = {}
        """The time of Nova's last word on each deleted instance."""
        for notification in sorted(notifications, key=lambda notification: notification.at):
            self._add(notification)

    def _add(self, notification: Notification) -> None:
        changes = self._changes.setdefault(notification.instance_id, [])
        if notification.is_deleted:
            self.deleted_at[notification.instance_id] = notification.at
            phase = DELETE
        else:
            phase = phase_of(notification.vm_state, notification.task_state)
        self._pairs[notification.instance_id] = (notification.vm_state, notification.task_state)
        if not changes or changes[-1].phase != phase:
            changes.append(Change(notification.at, phase))

    @property
    def instance_ids(self) -> list[str]:
        """The instances, in the order of their first notifications."""
        return list(self._changes)

    def changes(self, instance_id: str, until: float) -> list[Change]:
        """The phases of an instance that began before a time, oldest first."""
        changes = self._changes.get(instance_id, [])
        return [change for change in changes if change.at < until]

    def phases_between(self, instance_id: str, start: float, end: float) -> list[str]:
        """The phases of an instance in a period, in order."""
        changes = self._changes.get(instance_id, [])
        first = max(0, bisect.bisect_right(changes, start, key=lambda change: change.at) - 1)
        return [change.phase for change in changes[first:] if change.at < end]

    def last_pair(self, instance_id: str) -> tuple[str, str | None]:
        """The pair of states that Nova sent last."""
        return self._pairs[instance_id]
