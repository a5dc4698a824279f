# SPDX-License-Identifier: Apache-2.0
"""Observations of the follower complete the stretches from Nova's record."""

import bisect
import dataclasses
import datetime
from collections.abc import Sequence
from typing import Final

from kic_vm.history.edges import states_during
from kic_vm.history.observations import Observation
from kic_vm.history.periods import OBSERVED, Period, Stretch
from kic_vm.history.records import Server
from kic_vm.lifecycle.table import load_tables

# Within this time, an observation and an edge are the same change: Nova's times are whole seconds.
_TOLERANCE: Final = datetime.timedelta(seconds=2)
# Nova can end the event of a shelve seconds after it saved the state, because it frees resources
# in between. If the billing changes, an observation is only taken for the same change within this.
_BILLING_TOLERANCE: Final = datetime.timedelta(seconds=1)


def refine(
    stretches: Sequence[Stretch], observations: Sequence[Observation], server: Server
) -> list[Stretch]:
    """The stretches, divided where an observation shows another state within one of them.

    :param observations: of the server, oldest first
    """
    if not observations:
        return list(stretches)
    times = [observation.at for observation in observations]
    refined: list[Stretch] = []
    for number, stretch in enumerate(stretches):
        following = stretches[number + 1] if number + 1 < len(stretches) else None
        end = following.started_at if following else server.ended_at
        first = bisect.bisect_left(times, stretch.started_at - _TOLERANCE)
        last = len(times) if end is None else bisect.bisect_left(times, end)
        inside = observations[first:last]
        before = refined[-1] if refined else None
        refined += _refined(stretch, inside, before, following, end)
    return refined


def _refined(
    stretch: Stretch,
    observations: Sequence[Observation],
    before: Stretch | None,
    following: Stretch | None,
    end: datetime.datetime | None,
) -> list[Stretch]:
    parts = [dataclasses.replace(stretch)]
    delay: list[Stretch] = []
    if stretch.expected and observations and not observations[0].is_gap:
        # The follower has seen everything since its last gap, so the state before is known.
        # Nova's record alone does not show when it ended.
        parts[0].states = stretch.expected
        parts[0].evidence = OBSERVED
    for observation in observations:
        current = parts[-1]
        at = max(observation.at.replace(microsecond=0), stretch.started_at)
        if observation.at < stretch.started_at and (
            observation.is_gap or observation.state not in (stretch.states or stretch.expected)
        ):
            continue
        if observation.is_gap:
            if len(parts) > 1 or stretch.expected:
                parts.append(_after_gap(stretch, current, at))
            continue
        if len(parts) == 1 and _is_at_start(stretch, observation):
            delay = _decide(current, stretch, observation, at, before)
        if observation.state == current.state:
            continue
        is_of_next = _is_of_next(stretch, observation, following, end)
        is_late = not stretch.expected and stretch.state and _is_late(stretch, observation)
        if not is_of_next and not is_late:
            is_same_action = current.action is not None and end is not None
            parts.append(
                Stretch(
                    at,
                    (observation.state,),
                    stretch.action if is_same_action else None,
                    evidence=OBSERVED,
                )
            )
    return delay + parts


def _decide(
    current: Stretch,
    stretch: Stretch,
    observation: Observation,
    at: datetime.datetime,
    before: Stretch | None,
) -> list[Stretch]:
    """Give the first part of a stretch its observed state.

    If only the observation shows the state, it also shows its start. Until then, the state before
    the stretch was still saved: this part is returned.
    """
    current.states = (observation.state,)
    if stretch.state is not None:
        return []
    current.evidence = OBSERVED
    if before is None or at <= stretch.started_at:
        return []
    current.started_at = at
    return [dataclasses.replace(before, started_at=stretch.started_at, evidence=OBSERVED)]


def _is_at_start(stretch: Stretch, observation: Observation) -> bool:
    """Whether an observation shows which of its possible states a stretch began with.

    A slow Nova saves the state of an action later than the action's start.
    """
    changed_at = stretch.started_at
    if stretch.action is not None:
        changed_at = max(changed_at, stretch.action.updated_at)
    return observation.state in stretch.states and observation.at - changed_at <= _TOLERANCE


def _after_gap(stretch: Stretch, current: Stretch, at: datetime.datetime) -> Stretch:
    """The part of a stretch after the start of a gap.

    A state of an action that has not ended is followed by another one of these until the action
    ends, so Nova's record shows as much as without observations. A state that Nova's record does
    not explain can have changed.
    """
    if stretch.action is not None and current.state in states_during(stretch.action.name):
        return dataclasses.replace(stretch, started_at=at)
    return Stretch(at, (), None)


def _is_of_next(
    stretch: Stretch,
    observation: Observation,
    following: Stretch | None,
    end: datetime.datetime | None,
) -> bool:
    """Whether an observation already shows the next stretch."""
    if following is None or end is None or observation.state not in following.states:
        return False
    is_billable = load_tables().is_billable
    is_same = stretch.state is not None and (
        is_billable(stretch.state) == is_billable(observation.state)
    )
    return end - observation.at <= (_TOLERANCE if is_same else _BILLING_TOLERANCE)


def _is_late(stretch: Stretch, observation: Observation) -> bool:
    """Whether an observation still shows the state before the stretch."""
    return observation.at - stretch.started_at <= _TOLERANCE and stretch.state != observation.state


def merged(periods: Sequence[Period]) -> list[Period]:
    """The periods without empty ones; neighbors with the same state become one.

    An empty last period is kept, because it contains the command that ended the instance.
    """
    result: list[Period] = []
    for period in periods:
        is_empty = period.ended_at is not None and period.ended_at <= period.started_at
        if is_empty and period is not periods[-1]:
            continue
        last = result[-1] if result else None
        if last is not None and (last.state, last.evidence, last.flavor) == (
            period.state,
            period.evidence,
            period.flavor,
        ):
            result[-1] = dataclasses.replace(last, ended_at=period.ended_at)
        else:
            result.append(period)
    return result
