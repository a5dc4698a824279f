# SPDX-License-Identifier: Apache-2.0
"""Periods, and the stretches that they are built from."""

import dataclasses
import datetime
from typing import Final

from kic_vm.history.records import Action, Flavor
from kic_vm.lifecycle.table import load_tables

ACTION: Final = "action"
OBSERVED: Final = "observed"
UNKNOWN: Final = "unknown"
EVIDENCE: Final = (ACTION, OBSERVED, UNKNOWN)


@dataclasses.dataclass(frozen=True, slots=True)
class Period:
    """A period that an instance spent in one documented state."""

    state: str | None
    """None if neither Nova's record nor an observation shows it."""
    billable: bool | None
    started_at: datetime.datetime
    ended_at: datetime.datetime | None
    """None if the period has not ended."""
    flavor: Flavor | None
    action: Action | None
    """The action that started the period."""
    evidence: str

    def seconds(self, until: datetime.datetime, since: datetime.datetime | None = None) -> int:
        """The whole seconds of the period between ``since``, if given, and ``until``."""
        start = self.started_at if since is None else max(self.started_at, since)
        end = until if self.ended_at is None else min(self.ended_at, until)
        return max(0, int((end - start).total_seconds()))


@dataclasses.dataclass(slots=True)
class Stretch:
    """A part of a timeline up to the next one."""

    started_at: datetime.datetime
    states: tuple[str, ...]
    """The possible states; empty if the state is unknown."""
    action: Action | None
    evidence: str = ACTION
    expected: tuple[str, ...] = ()
    """The possible states at its start, if the state has changed within it without an action."""
    is_end: bool = False
    """The instance was gone at its start."""

    @property
    def state(self) -> str | None:
        """The state; None if it is unknown.

        Of several possible states with the same billing, the first one is shown.
        """
        if len(self.states) > 1 and len(set(map(load_tables().is_billable, self.states))) > 1:
            return None
        return self.states[0] if self.states else None


def as_period(
    stretch: Stretch, ended_at: datetime.datetime | None, flavor: Flavor | None
) -> Period:
    """The period of a stretch until the next one."""
    state = stretch.state
    return Period(
        state=state,
        billable=None if state is None else load_tables().is_billable(state),
        started_at=stretch.started_at,
        ended_at=ended_at,
        flavor=flavor,
        action=stretch.action if state is not None else None,
        evidence=UNKNOWN if state is None else stretch.evidence,
    )
