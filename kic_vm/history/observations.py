# SPDX-License-Identifier: Apache-2.0
"""What a follower of the cloud has seen of a resource's documented state."""

import dataclasses
import datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Observation:
    """One change of a resource's documented state, or a gap in what was seen."""

    resource_id: str
    state: str
    """The documented state from ``at`` on; without meaning for a gap."""
    at: datetime.datetime
    """OpenStack's own time of the change, or the time when it was seen."""
    flavor_id: str | None = None
    is_gap: bool = False
    """From ``at`` on, changes may have been missed until the next observation."""
