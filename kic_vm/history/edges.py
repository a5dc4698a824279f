# SPDX-License-Identifier: Apache-2.0
"""The table of edges: the times in Nova's record at which an instance changes its state."""

import dataclasses
import functools
from collections.abc import Collection
from typing import Any, Final

from kic_vm import data_files
from kic_vm.lifecycle import check
from kic_vm.lifecycle.documented import INSTANCE_STATES
from kic_vm.lifecycle.model import LifecycleTableError

FILE: Final = "edges.yaml"
BEFORE: Final = "before"
BEFORE_RESIZE: Final = "before_resize"
NOTHING: Final = "nothing"
_ANYWHERE: Final = "anywhere"
_REQUIRED: Final = ("action", "field", "from", "to", "reason")
_OPTIONAL: Final = (
    "event",
    "begins_with",
    "outcome",
    "ended_by",
    "root",
    "launched",
    "began_in",
    "phases",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Edge:
    """One row of the table."""

    action: str
    event: str | None
    is_start: bool
    """The edge's time is the action's start_time, not its updated_at."""
    begins_with: str | None
    """The event whose start is the time of a start edge, if the action has it."""
    is_failure: bool
    """For the end of an action: one of its events failed."""
    ended_by: frozenset[str]
    """For the success of an action: one of these events has ended. Empty: no event decides."""
    root: str | None
    needs_launch: bool
    from_states: frozenset[str]
    began_in: frozenset[str]
    to: tuple[str, ...]
    phases: frozenset[str]
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Edges:
    """The checked table."""

    starts: dict[str, tuple[Edge, ...]]
    """The edges at the start of each action."""
    ends: dict[str, tuple[Edge, ...]]
    """The edges at the end of each action."""
    without: frozenset[str]
    """The actions that change no documented state."""

    def knows(self, action: str) -> bool:
        """Whether the table has the action; a newer Nova can have others."""
        return action in self.starts or action in self.without

    def depend_on_events(self, action: str, *, is_volume_backed: bool) -> bool:
        """Whether the edges of an action depend on its events."""
        starts = self.starts.get(action, ())
        if any(edge.ended_by for edge in self.ends.get(action, ())):
            return True
        if any(edge.begins_with for edge in starts):
            return True
        return not is_volume_backed and any(edge.event for edge in starts)


def read(data: Any, where: str) -> Edges:
    """The checked table.

    :param where: the name of the table in errors
    :raises LifecycleTableError: a row is invalid; the sentence names it
    """
    check.mapping(data, where, ("edges", "without_edges"))
    if not isinstance(data["edges"], list):
        raise LifecycleTableError(where, "edges must be a list of rows")
    rows = [
        _read_edge(raw, f"{where}, row {number} of edges")
        for number, raw in enumerate(data["edges"], start=1)
    ]
    without = check.words(data["without_edges"], f"{where}, without_edges")
    starts = _by_action(row for row in rows if row.is_start)
    ends = _by_action(row for row in rows if not row.is_start)
    for action in without:
        if action in starts or action in ends:
            raise LifecycleTableError(where, f"{action} has edges and is listed without_edges")
    for action, edges in ends.items():
        begun = {state for row in starts.get(action, ()) for state in row.to}
        for row in edges:
            if not row.from_states <= begun:
                raise LifecycleTableError(
                    where,
                    f"{action}: no start_time row leads to the from states of its updated_at rows",
                )
    return Edges(starts, ends, frozenset(without))


def _by_action(rows: Any) -> dict[str, tuple[Edge, ...]]:
    table: dict[str, tuple[Edge, ...]] = {}
    for row in rows:
        table[row.action] = (*table.get(row.action, ()), row)
    return table


def _read_edge(raw: Any, where: str) -> Edge:
    check.mapping(raw, where, _REQUIRED, _OPTIONAL)
    action = check.text(raw["action"], where)
    where = f"{where} ({action})"
    check.known([raw["field"]], ("start_time", "updated_at"), "field", where)
    is_start = raw["field"] == "start_time"
    outcome = raw.get("outcome")
    check.known([outcome], (None,) if is_start else ("success", "failure"), "outcome", where)
    if "begins_with" in raw and not is_start:
        raise LifecycleTableError(where, "begins_with is only for the field start_time")
    if "ended_by" in raw and outcome != "success":
        raise LifecycleTableError(where, "ended_by is only for the outcome success")
    check.known([raw.get("root")], (None, "volume", "image"), "root", where)
    check.known([str(raw.get("launched", True))], ("True",), "value of launched", where)
    targets = (*INSTANCE_STATES,) if is_start else (*INSTANCE_STATES, BEFORE, BEFORE_RESIZE)
    return Edge(
        action=action,
        event=raw.get("event"),
        is_start=is_start,
        begins_with=raw.get("begins_with"),
        is_failure=outcome == "failure",
        ended_by=frozenset(check.words(raw.get("ended_by", []), f"{where}, ended_by")),
        root=raw.get("root"),
        needs_launch="launched" in raw,
        from_states=_states(raw["from"], where),
        began_in=_states(raw.get("began_in", _ANYWHERE), where),
        to=tuple(check.known(check.as_list(raw["to"]), targets, "state", where)),
        phases=frozenset(check.known(raw.get("phases", []), INSTANCE_STATES, "state", where)),
        reason=check.text(raw["reason"], f"{where}, reason"),
    )


def _states(data: Any, where: str) -> frozenset[str]:
    if data == _ANYWHERE:
        return frozenset((NOTHING, *INSTANCE_STATES))
    known: Collection[str] = (NOTHING, *INSTANCE_STATES)
    return frozenset(check.known(check.as_list(data), known, "state", where))


@functools.cache
def load_edges() -> Edges:
    """The table of this package, read and checked at the first call.

    :raises DataFileError: the file is missing or invalid; the sentence names the row
    """
    return read(data_files.read("kic_vm.history", FILE), FILE)


def phases_of(action: str) -> frozenset[str]:
    """The states that Nova can show from the start of an action until its end."""
    starts = load_edges().starts[action]
    return frozenset().union(*(edge.phases for edge in starts))


def states_during(action: str) -> frozenset[str]:
    """The states of an action from its start until its end: the first one and its phases."""
    starts = load_edges().starts[action]
    return phases_of(action).union(*(edge.to for edge in starts))
