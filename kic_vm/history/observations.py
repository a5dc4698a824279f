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
