# SPDX-License-Identifier: Apache-2.0
"""Observations: the changes of a resource's documented state that the follower has seen."""

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Observation:
    """A change of a resource's documented state, or the start of a gap."""

    resource_id: str
    state: str
    """The documented state since ``at``; empty for a gap."""
    at: datetime.datetime
    """OpenStack's time of the change; if it is unknown, the time when the follower saw it."""
    flavor_id: str | None = None
    is_gap: bool = False
    """Changes between ``at`` and the next observation may be missing."""


@dataclasses.dataclass(frozen=True, slots=True)
class VolumeObservation:
    """A change of a volume's documented state or size, its deletion, or the start of a gap."""

    volume_id: str
    name: str | None
    state: str
    """The documented state since ``at``; empty for a gap."""
    size: int | None
    """In GiB since ``at``; None if unknown."""
    at: datetime.datetime
    """Cinder's time of the change; if it is unknown, the time when the follower saw it."""
    is_deleted: bool = False
    """The volume was gone at ``at``."""
    is_gap: bool = False
    """Changes between ``at`` and the next observation may be missing."""
