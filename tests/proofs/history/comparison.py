# SPDX-License-Identifier: Apache-2.0
"""The periods of the ledger against the true timeline of an instance."""

import dataclasses
import datetime
import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

from tests.proofs.history.truth import BILLED, Change, Truth

JSON = dict[str, Any]

ACTION: Final = "action"
OBSERVED: Final = "observed"
AIMS: Final = {ACTION: 1, OBSERVED: 2}
"""The largest error of an edge in whole seconds, by its evidence."""
# An edge of the ledger that is further from a true edge than this is another edge.
_NEAR_SECONDS: Final = 30.0
# The ledger has whole seconds, so it cannot show every shorter phase.
_SHORT_SECONDS: Final = 2.0


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """A true change between billed and unbilled, and its time in the ledger."""

    instance_id: str
    name: str
    """The phases before and after it."""
    at: float
    evidence: str | None
    """Of the ledger's edge; None if the ledger does not have the edge."""
    error: float | None
    """Seconds from the true time to the ledger's."""

    @property
    def is_late(self) -> bool:
        """Whether the error is larger than the aim for its evidence.

        Nova's record and the ledger cut times to whole seconds, so the true time is cut too.
        """
        if self.error is None or self.evidence is None:
            return False
        return abs(round(self.at + self.error) - math.floor(self.at)) > AIMS[self.evidence]


@dataclasses.dataclass(frozen=True, slots=True)
class Unknown:
    """A period whose state the ledger does not know."""

    instance_id: str
    started_at: float
    ended_at: float
    phases: list[str]
    """The true phases in it."""
    reason: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ended_at - self.started_at


@dataclasses.dataclass(slots=True)
class Comparison:
    """What the comparison of one instance shows."""

    instance_id: str
    true_billed: float = 0.0
    """Seconds."""
    billed: int = 0
    unbilled: int = 0
    unknown: int = 0
    wrong: float = 0.0
    """Seconds that the ledger bills and the truth does not, or the reverse; without unknown."""
    edges: list[Edge] = dataclasses.field(default_factory=list)
    missed: list[Edge] = dataclasses.field(default_factory=list)
    """True edges of phases that are not short, which the ledger does not have."""
    unrecorded: list[Edge] = dataclasses.field(default_factory=list)
    """True edges without an action, beside a killed nova-compute or a reset: they are not in Nova's
    record, so that only an observation can show them."""
    uncompared: int = 0
    """True edges in or beside an unknown period, or of a phase that is too short."""
    invented: list[float] = dataclasses.field(default_factory=list)
    """Times of edges that only the ledger has."""
    unknowns: list[Unknown] = dataclasses.field(default_factory=list)
    unaccounted: int = 0
    """Seconds between the first and the last period that are in no period, or in two."""


@dataclasses.dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a timeline; ``billable`` is None if it is unknown."""

    start: float
    end: float
    billable: bool | None
    evidence: str


def stretches_of(periods: Sequence[JSON], end: float) -> list[Stretch]:
    """The ledger's periods, oldest first, until a time."""
    stretches = []
    for period in periods:
        ended_at = end if period["ended_at"] is None else min(end, _epoch(period["ended_at"]))
        started_at = _epoch(period["started_at"])
        if started_at < ended_at:
            billable = None if period["state"] is None else period["billable"]
            stretches.append(Stretch(started_at, ended_at, billable, period["evidence"]))
    return stretches


def compare(
    instance_id: str, periods: Sequence[JSON], truth: Truth, end: float, reason: "Reason"
) -> Comparison:
    """Compare an instance until a time.

    :param periods: as the gateway shows them, oldest first
    :param reason: names the reason of an unknown period
    """
    stretches = stretches_of(periods, end)
    changes = truth.changes(instance_id, end)
    result = Comparison(instance_id, unaccounted=_unaccounted(stretches))
    for stretch in stretches:
        seconds = int(stretch.end - stretch.start)
        if stretch.billable is None:
            result.unknown += seconds
            phases = truth.phases_between(instance_id, stretch.start, stretch.end)
            why = reason(instance_id, stretch.start, stretch.end)
            result.unknowns.append(Unknown(instance_id, stretch.start, stretch.end, phases, why))
        elif stretch.billable:
            result.billed += seconds
        else:
            result.unbilled += seconds
    billed = _billed(changes, end)
    result.true_billed = sum(stop - start for start, stop in billed)
    result.wrong = _wrong_seconds(stretches, billed)
    _match(result, stretches, changes, end, reason)
    return result


def _unaccounted(stretches: Sequence[Stretch]) -> int:
    return sum(
        abs(int(after.start - before.end)) for before, after in itertools.pairwise(stretches)
    )


def _billed(changes: Sequence[Change], end: float) -> list[tuple[float, float]]:
    """The billed parts of a true timeline."""
    if not changes:
        return []
    ends = [change.at for change in changes[1:]] + [end]
    return [
        (change.at, stop)
        for change, stop in zip(changes, ends, strict=True)
        if change.phase == BILLED
    ]


def _wrong_seconds(stretches: Sequence[Stretch], billed: Sequence[tuple[float, float]]) -> float:
    wrong = 0.0
    for stretch in stretches:
        shared = sum(
            max(0.0, min(stretch.end, stop) - max(stretch.start, start)) for start, stop in billed
        )
        if stretch.billable is not None:
            wrong += stretch.end - stretch.start - shared if stretch.billable else shared
    return wrong


def _match(
    result: Comparison,
    stretches: Sequence[Stretch],
    changes: Sequence[Change],
    end: float,
    reason: "Reason",
) -> None:
    """Find the ledger's edge for each true edge, in order."""
    ours = [
        (after.start, after.billable, after.evidence)
        for before, after in itertools.pairwise(stretches)
        if None not in {before.billable, after.billable} and before.billable != after.billable
    ]
    if stretches and stretches[-1].billable and stretches[-1].end < end:
        # The instance was deleted within the second in which its deletion began.
        ours.append((stretches[-1].end, False, stretches[-1].evidence))
    unknown = [stretch for stretch in stretches if stretch.billable is None]
    ends = [change.at for change in changes[1:]] + [end]
    position = 0
    for number in range(1, len(changes)):
        before, after = changes[number - 1], changes[number]
        is_billed = after.phase == BILLED
        if is_billed == (before.phase == BILLED):
            continue
        name = f"{before.phase} to {after.phase}"
        near = [
            index
            for index in range(position, len(ours))
            if ours[index][1] is is_billed and abs(ours[index][0] - after.at) <= _NEAR_SECONDS
        ]
        chosen = min(near, key=lambda index: abs(ours[index][0] - after.at), default=None)
        if chosen is not None:
            result.invented += [at for at, _billable, _evidence in ours[position:chosen]]
            position = chosen + 1
            at, _billable, evidence = ours[chosen]
            edge = Edge(result.instance_id, name, after.at, evidence, round(at - after.at, 2))
            result.edges.append(edge)
        elif _is_in(after.at, unknown) or _is_short(before.at, after.at, ends[number]):
            result.uncompared += 1
        else:
            edge = Edge(result.instance_id, name, after.at, None, None)
            is_unrecorded = reason.is_without_action(result.instance_id, after.at)
            (result.unrecorded if is_unrecorded else result.missed).append(edge)
    # The true change after the last one may be right after the end.
    result.invented += [
        at for at, _billable, _evidence in ours[position:] if end - at > _SHORT_SECONDS
    ]


def _is_in(at: float, stretches: Sequence[Stretch]) -> bool:
    return any(
        stretch.start - _SHORT_SECONDS <= at <= stretch.end + _SHORT_SECONDS
        for stretch in stretches
    )


def _is_short(before: float, at: float, after: float) -> bool:
    return min(at - before, after - at) < _SHORT_SECONDS


def _epoch(stamp: str) -> float:
    return datetime.datetime.fromisoformat(stamp).timestamp()


class Reason:
    """Names the reason of an unknown period, from what was done to the cloud."""

    def __init__(self) -> None:
        self._of_all: list[tuple[float, float, str]] = []
        self._of_one: list[tuple[str, float, str]] = []
        self._kills: list[tuple[float, float]] = []

    def add_outage(self, start: float, end: float, what: str) -> None:
        """Something did not work in a period."""
        self._of_all.append((start, end, what))

    def add_kill(self, start: float, end: float, what: str) -> None:
        """Something did not work, and its restart changed instances without an action."""
        self.add_outage(start, end, what)
        self._kills.append((start, end))

    def is_without_action(self, instance_id: str, at: float) -> bool:
        """Whether the state of an instance can have changed at a time without an action."""
        return any(start <= at <= end for start, end in self._kills) or any(
            known == instance_id and abs(at - reset_at) <= _NEAR_SECONDS
            for known, reset_at, _what in self._of_one
        )

    def add_event(self, instance_id: str, at: float, what: str) -> None:
        """Something was done to an instance."""
        self._of_one.append((instance_id, at, what))

    def __call__(self, instance_id: str, start: float, end: float) -> str:
        """The reason, ``not explained`` if nothing was done that explains it."""
        start, end = start - _SHORT_SECONDS, end + _SHORT_SECONDS
        reasons = {
            what for known, at, what in self._of_one if known == instance_id and start <= at <= end
        }
        reasons |= {what for began, ended, what in self._of_all if began <= end and start <= ended}
        return " and ".join(sorted(reasons)) or "not explained"
