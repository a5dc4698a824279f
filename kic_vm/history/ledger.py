# SPDX-License-Identifier: Apache-2.0
"""The periods of an instance: a pure function of Nova's record and of observations.

Nova records the actions on an instance, not its states. The table of edges lists the states that an
action starts from and leads to, and the time of each change. Where the table allows several states,
the next action decides, because Nova accepts an action only in some states; after the last action,
the current state decides. Observations complete the rest; without them, the state is unknown.
"""

import dataclasses
import datetime
import operator
from collections.abc import Iterable, Sequence
from typing import Final

from kic_vm.history import observed
from kic_vm.history.edges import BEFORE, BEFORE_RESIZE, NOTHING, Edge, Edges, load_edges, phases_of
from kic_vm.history.flavors import Flavors
from kic_vm.history.observations import Observation
from kic_vm.history.periods import ACTION, OBSERVED, Period, Stretch, as_period
from kic_vm.history.records import Action, Server

# Nova's times have whole seconds, and an event ends a moment after the state was saved.
_SLACK: Final = datetime.timedelta(seconds=2)
# The actions may have been listed a moment before the server was shown.
_RECENT: Final = datetime.timedelta(seconds=10)
_RESIZES: Final = frozenset({"resize", "migrate"})
_FALLBACK: Final = ("Active",)


def periods(
    server: Server,
    actions: Sequence[Action],
    observations: Iterable[Observation],
    now: datetime.datetime,
) -> list[Period]:
    """The periods of an instance, oldest first, without gaps from its creation until now.

    The last period of an instance that exists has no end. Times are whole seconds.

    :param actions: oldest first
    :param observations: of this instance, in any order
    :param now: ends no period; observations after it are ignored
    """
    edges = load_edges()
    walk = _Walk(server, edges)
    relevant = [action for action in actions if action.name in edges.starts]
    for number, action in enumerate(relevant):
        following = relevant[number + 1] if number + 1 < len(relevant) else None
        walk.take(action, following)
    stretches = walk.finished()
    earlier = sorted(
        (observation for observation in observations if observation.at <= now),
        key=operator.attrgetter("at"),
    )
    timeline = observed.refine(stretches, earlier, server)
    timeline = _until_current(timeline, server, now)
    flavors = Flavors(server, actions, earlier)
    shown = []
    ends: list[datetime.datetime | None] = [stretch.started_at for stretch in timeline[1:]]
    for stretch, ended_at in zip(timeline, [*ends, None], strict=True):
        if stretch.is_end:
            break
        shown.append(as_period(stretch, ended_at, flavors.at(stretch.started_at)))
    return observed.merged(shown)


class _Walk:
    """The stretches between edges, built from the actions in order."""

    def __init__(self, server: Server, edges: Edges) -> None:
        self._server = server
        self._edges = edges
        self._stretches: list[Stretch] = []
        self._resize_began_in: tuple[str, ...] = _FALLBACK
        self._last_start: tuple[Edge, ...] = ()

    def take(self, action: Action, following: Action | None) -> None:
        """Add the stretches of an action: one until it ends, and one after its end."""
        starts = [edge for edge in self._edges.starts[action.name] if self._applies(edge, action)]
        began_in = self._narrow(starts)
        begun_at = _begun_at(action, starts)
        if not self._stretches:
            started_at = min(begun_at, self._server.created_at)
        else:
            started_at = max(begun_at, self._stretches[-1].started_at)
        if action.name in _RESIZES:
            self._resize_began_in = began_in
        taken = [edge for edge in starts if edge.from_states & set(began_in)]
        during = _distinct(state for edge in taken for state in edge.to)
        self._add(started_at, during, action)
        is_last = following is None
        self._last_start = tuple(taken)
        if is_last and self._is_running(taken):
            return
        after = self._after(action, during, began_in)
        if not after:
            return
        ended_at = max(action.updated_at, started_at)
        if following is not None:
            next_at = _begun_at(following, self._edges.starts[following.name])
            ended_at = min(ended_at, max(next_at, started_at))
        self._add(ended_at, after, action)

    def finished(self) -> list[Stretch]:
        """The stretches, with the last one decided by the current state."""
        if not self._stretches:
            self._add(self._server.created_at, (), None)
        last = self._stretches[-1]
        if self._server.state in last.states:
            last.states = (self._server.state,)
        return self._stretches

    def _applies(self, edge: Edge, action: Action) -> bool:
        if edge.root and (edge.root == "volume") != self._server.is_volume_backed:
            return False
        if edge.needs_launch and not self._server.was_launched:
            return False
        if action.events is None:
            return True
        ended = {event.name for event in action.events if event.is_ended}
        if edge.ended_by and not edge.ended_by & ended:
            return False
        return edge.event is None or edge.event in {event.name for event in action.events}

    def _narrow(self, starts: Sequence[Edge]) -> tuple[str, ...]:
        """The states in which an action can have begun; sets the state of the stretch before it."""
        accepted = set().union(*(edge.from_states for edge in starts))
        if not self._stretches:
            if NOTHING in accepted:
                return (NOTHING,)
            self._add(self._server.created_at, (), None)
        before = self._stretches[-1]
        possible = tuple(state for state in before.states if state in accepted)
        if possible:
            before.states = possible
            return possible
        # The state has changed without an action.
        before.expected, before.states = before.states, ()
        return tuple(sorted(accepted - {NOTHING}))

    def _is_running(self, starts: Sequence[Edge]) -> bool:
        """Whether the last action has not ended yet, as the current state shows."""
        state = self._server.state
        return any(state in edge.phases or (state,) == edge.to for edge in starts)

    def _after(
        self, action: Action, during: Sequence[str], began_in: Sequence[str]
    ) -> tuple[str, ...]:
        """The possible states after the end of an action."""
        targets: list[str] = []
        for edge in self._edges.ends.get(action.name, ()):
            origins = [state for state in began_in if state in edge.began_in]
            if (
                edge.is_failure != action.is_failed
                or not edge.from_states & set(during)
                or not origins
                or not self._applies(edge, action)
            ):
                continue
            for target in edge.to:
                if target == BEFORE:
                    targets += origins
                elif target == BEFORE_RESIZE:
                    targets += self._resize_began_in
                else:
                    targets.append(target)
        return _distinct(targets)

    def _add(
        self, started_at: datetime.datetime, states: Sequence[str], action: Action | None
    ) -> None:
        self._stretches.append(Stretch(started_at, tuple(states), action))


def _begun_at(action: Action, starts: Sequence[Edge]) -> datetime.datetime:
    """The time at which the state changed at the start of an action."""
    names = {edge.begins_with for edge in starts}
    begun = [event.started_at for event in action.events or () if event.name in names]
    return min(begun, default=action.started_at)


def _distinct(states: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(states))


def _until_current(
    stretches: list[Stretch], server: Server, now: datetime.datetime
) -> list[Stretch]:
    """The stretches up to now, with Nova's current state where the record contradicts it.

    Nova has not saved the state since ``updated_at``: from then on it is the current one.
    """
    if server.ended_at is not None:
        return [
            stretch
            for stretch in stretches
            if stretch.started_at <= server.ended_at or stretch is stretches[0]
        ] + [Stretch(server.ended_at, (), None, is_end=True)]
    last = stretches[-1]
    assert server.state is not None  # noqa: S101 - it exists
    if last.state == server.state:
        return stretches
    since = max(server.updated_at, last.started_at)
    if since - last.started_at <= _SLACK:
        since = last.started_at
    current = Stretch(since, (server.state,), None, evidence=OBSERVED)
    if last.action is not None and server.state in phases_of(last.action.name):
        return [*stretches, dataclasses.replace(current, action=last.action)]
    is_read_early = last.state is not None and (
        now - server.updated_at <= _RECENT or _can_begin(last.state, server.state)
    )
    if last.evidence == ACTION and not is_read_early:
        last.expected, last.states = last.states, ()
    return [*stretches, current]


def _can_begin(before: str, state: str) -> bool:
    """Whether an action leads from one state to another as soon as it starts.

    Nova saves the state before it records the action, so the action may not be listed yet.
    """
    return any(
        before in edge.from_states and (state in edge.phases or (state,) == edge.to)
        for rows in load_edges().starts.values()
        for edge in rows
    )
