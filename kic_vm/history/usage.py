# SPDX-License-Identifier: Apache-2.0
"""Usage: the seconds of many instances in a window of time, in groups."""

import dataclasses
import datetime
from collections.abc import Iterable, Iterator
from typing import Final

from kic_vm.history.periods import Period
from kic_vm.history.records import Flavor, Server
from kic_vm.lifecycle.documented import INSTANCE_STATES

INSTANCE: Final = "instance"
STATE: Final = "state"
FLAVOR: Final = "flavor"
DAY: Final = "day"
GROUPINGS: Final = (INSTANCE, STATE, FLAVOR, DAY)

_DAY: Final = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """A window of time, from ``start`` until before ``end``."""

    start: datetime.datetime
    end: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class InstancePeriods:
    """The periods of one instance."""

    project_id: str
    server: Server
    periods: list[Period]


@dataclasses.dataclass(slots=True)
class Seconds:
    """Seconds by documented state."""

    states: dict[str, int] = dataclasses.field(default_factory=dict)
    billed: int = 0
    unbilled: int = 0
    unknown: int = 0

    def add(self, period: Period, seconds: int) -> None:
        """Add seconds of a period."""
        if period.state is None:
            self.unknown += seconds
            return
        self.states[period.state] = self.states.get(period.state, 0) + seconds
        if period.billable:
            self.billed += seconds
        else:
            self.unbilled += seconds

    def in_order(self) -> dict[str, int]:
        """The seconds by state, in documented order."""
        return {state: self.states[state] for state in INSTANCE_STATES if state in self.states}


@dataclasses.dataclass(frozen=True, slots=True)
class GroupKey:
    """The values that the seconds of a group share; None if they differ."""

    project_id: str | None = None
    instance_id: str | None = None
    instance_name: str | None = None
    state: str | None = None
    flavor: Flavor | None = None
    day: str | None = None


def group(
    instances: Iterable[InstancePeriods], window: Window, grouping: str, *, by_project: bool = False
) -> dict[GroupKey, Seconds]:
    """The seconds in the window, by group. Groups without seconds are omitted.

    :param by_project: make separate groups for each project
    """
    groups: dict[GroupKey, Seconds] = {}
    for instance in instances:
        project_id = instance.project_id if by_project else None
        of_instance = GroupKey(
            project_id, instance_id=instance.server.id, instance_name=instance.server.name
        )
        for period in instance.periods:
            for part in _parts(period, window, grouping):
                seconds = period.seconds(part.end, part.start)
                if seconds:
                    key = of_instance
                    if grouping != INSTANCE:
                        key = _key(period, part, grouping, project_id)
                    groups.setdefault(key, Seconds()).add(period, seconds)
    return groups


def total(groups: Iterable[Seconds]) -> Seconds:
    """The sum of groups."""
    result = Seconds()
    for seconds in groups:
        result.billed += seconds.billed
        result.unbilled += seconds.unbilled
        result.unknown += seconds.unknown
        for state, number in seconds.states.items():
            result.states[state] = result.states.get(state, 0) + number
    return result


def _parts(period: Period, window: Window, grouping: str) -> Iterator[Window]:
    """The window, divided at midnight UTC if the groups are days."""
    if grouping != DAY:
        yield window
        return
    start = max(window.start, period.started_at)
    end = window.end if period.ended_at is None else min(window.end, period.ended_at)
    while start < end:
        midnight = datetime.datetime.combine(start.date(), datetime.time(), datetime.UTC) + _DAY
        yield Window(start, min(midnight, end))
        start = midnight


def _key(period: Period, part: Window, grouping: str, project_id: str | None) -> GroupKey:
    if grouping == STATE:
        return GroupKey(project_id, state=period.state)
    if grouping == FLAVOR:
        return GroupKey(project_id, flavor=period.flavor)
    return GroupKey(project_id, day=part.start.date().isoformat())
