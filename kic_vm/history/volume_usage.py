# SPDX-License-Identifier: Apache-2.0
"""Usage of the volumes that exist.

Cinder does not record the past of a volume. The state and the size of a volume are known only since
its last change; before that, it may have been extended. Deleted volumes are missing.
"""

import dataclasses
import datetime
from typing import Any

from kic_vm.history.records import time_of
from kic_vm.history.usage import Window
from kic_vm.lifecycle.table import LifecycleTables

JSON = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeSeconds:
    """The seconds of one volume in a window."""

    volume_id: str
    name: str | None
    project_id: str
    state: str
    """The documented state since the last change."""
    size: int
    """In GiB, since the last change."""
    seconds: int
    """In this state and size."""
    unknown_seconds: int
    """Before the last change."""

    @property
    def gib_seconds(self) -> int:
        """The known seconds times the size in GiB."""
        return self.seconds * self.size


def volume_seconds(
    volume: JSON, window: Window, lifecycle: LifecycleTables
) -> VolumeSeconds | None:
    """The seconds of a volume in a window; None if it was created after the window."""
    created_at = time_of(volume["created_at"])
    changed_at = max(created_at, time_of(volume["updated_at"] or volume["created_at"]))
    known = _seconds(max(changed_at, window.start), window.end)
    unknown = _seconds(max(created_at, window.start), min(changed_at, window.end))
    if not known and not unknown:
        return None
    return VolumeSeconds(
        volume_id=volume["id"],
        name=volume["name"] or None,
        project_id=volume["os-vol-tenant-attr:tenant_id"],
        state=lifecycle.volume_state(volume["status"]).state,
        size=volume["size"],
        seconds=known,
        unknown_seconds=unknown,
    )


def _seconds(start: datetime.datetime, end: datetime.datetime) -> int:
    return max(0, int((end - start).total_seconds()))
