# SPDX-License-Identifier: Apache-2.0
"""The schema of a lifecycle table: plain data -> a checked table.

An invalid table is refused with a sentence that names the file and the row. Besides the keys and
their types, these rules are checked: every documented state has one row, every pair that OpenStack
can show has one row, every word is known, each command starts from exactly the states that allow
it, and each limit is used.
"""

import itertools
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from kic_vm.lifecycle import check, documented, limits
from kic_vm.lifecycle.model import (
    ANY_TASK,
    InstancePair,
    K,
    LifecycleTableError,
    Limit,
    Row,
    Table,
    Transition,
)

# Conditions that only the caller of a lookup can know; see table.py.
CONFIRM_IN_PROGRESS = "confirm_in_progress"
SNAPSHOT_IN_PROGRESS = "snapshot_in_progress"
ATTACH_IN_PROGRESS = "attach_in_progress"

_TABLE_KEYS = ("known", "conditions", "limits", "unknown", "actions", "events", "states")
_ROW_KEYS = ("state", "wire", "billable", "meaning", "openstack", "allowed_actions")
_ROW_OPTIONAL_KEYS = ("openstack_when", "limited_when", "why")

# One entry of "openstack" -> its keys: the product of its lists.
ReadEntry = Callable[[Any, str], list[K]]
IndexKey = TypeVar("IndexKey", bound=Hashable)


def read_instance_table(data: Any, where: str) -> Table[InstancePair]:
    """The checked table of instance states in this data; ``where`` names it in errors."""
    check.mapping(data, where, _TABLE_KEYS)
    known = check.mapping(data["known"], f"{where}, known", ("vm_states", "task_states"))
    vm_states = check.words(known["vm_states"], f"{where}, known vm_states")
    task_states = (None, *check.words(known["task_states"], f"{where}, known task_states"))

    def read_entry(entry: Any, where: str) -> list[InstancePair]:
        check.mapping(entry, where, ("vm_state", "task_state"))
        vms = check.known(check.as_list(entry["vm_state"]), vm_states, "vm_state", where)
        tasks = check.known(
            check.as_list(entry["task_state"]), (*task_states, ANY_TASK), "task_state", where
        )
        return [InstancePair(*pair) for pair in itertools.product(vms, tasks)]

    table = _read_table(
        data,
        where,
        documented.INSTANCE_STATES,
        (CONFIRM_IN_PROGRESS,),
        limits.INSTANCE_LIMITS,
        read_entry=read_entry,
    )
    _complete(table.index, vm_states, task_states, where)
    for row in table.rows:
        if row.wire != row.state.lower():
            expected = f"wire must be {row.state.lower()!r}, the name in lower case"
            raise LifecycleTableError(_row_place(where, row.state), expected)
    return table


def read_volume_table(data: Any, where: str) -> Table[str]:
    """The checked table of volume states in this data; ``where`` names it in errors."""
    check.mapping(data, where, _TABLE_KEYS)
    known = check.mapping(data["known"], f"{where}, known", ("statuses",))
    statuses = check.words(known["statuses"], f"{where}, known statuses")

    def read_entry(entry: Any, where: str) -> list[str]:
        check.mapping(entry, where, ("status",))
        return check.known(check.as_list(entry["status"]), statuses, "status", where)

    table = _read_table(
        data,
        where,
        documented.VOLUME_STATES,
        (SNAPSHOT_IN_PROGRESS, ATTACH_IN_PROGRESS),
        limits.VOLUME_LIMITS,
        read_entry=read_entry,
    )
    for status in statuses:
        if status not in table.index:
            raise LifecycleTableError(where, f"no row lists status {status!r}")
    return table


def _complete(
    index: dict[InstancePair, Row[InstancePair]],
    vm_states: Sequence[str],
    task_states: Sequence[str | None],
    where: str,
) -> None:
    """Assign every pair that no row lists to the row with the vm_state's wildcard."""
    for vm_state in vm_states:
        fallback = index.get(InstancePair(vm_state, ANY_TASK))
        if fallback is None:
            problem = f"no row lists vm_state {vm_state!r} with task_state {ANY_TASK!r}"
            raise LifecycleTableError(where, f"{problem}, so some of its pairs have no answer")
        for task_state in task_states:
            index.setdefault(InstancePair(vm_state, task_state), fallback)


def _read_table(
    data: dict[str, Any],
    where: str,
    states: Sequence[str],
    conditions: Sequence[str],
    stated_limits: Sequence[str],
    *,
    read_entry: ReadEntry[K],
) -> Table[K]:
    check.mapping(data["conditions"], f"{where}, conditions", conditions)
    if not isinstance(data["actions"], dict) or not isinstance(data["events"], dict):
        raise LifecycleTableError(where, "actions and events must be mappings")
    if not isinstance(data["states"], list):
        raise LifecycleTableError(where, "states must be a list of rows")
    actions = tuple(data["actions"])
    known_limits = limits.read(data["limits"], actions, f"{where}, limits")
    rows = tuple(
        _read_row(
            raw, _raw_row_place(where, raw, number), actions, conditions, known_limits, read_entry
        )
        for number, raw in enumerate(data["states"], start=1)
    )
    _check_states(rows, states, where)
    limits.check_use(known_limits, rows, stated_limits, where)
    check.known([data["unknown"]], states, "state", f"{where}, unknown")
    conditional = _index(((key, row) for row in rows for key in row.openstack_when), where)
    for condition in conditions:
        if condition not in {used for used, _key in conditional}:
            raise LifecycleTableError(where, f"no row says what {condition} changes")
    return Table(
        rows=rows,
        actions=actions,
        transitions=(
            *_read_actions(data["actions"], rows, where),
            *_read_events(data["events"], rows, where),
        ),
        index=_index(
            ((key, limits.limited(row, key)) for row in rows for key in row.openstack), where
        ),
        conditional=conditional,
        limits=known_limits,
        unknown=next(row for row in rows if row.state == data["unknown"]),
        by_wire=_index(((row.wire, row) for row in rows), where),
    )


def _row_place(where: str, state: str) -> str:
    return f"{where}, state {state}"


def _raw_row_place(where: str, raw: Any, number: int) -> str:
    name = raw.get("state") if isinstance(raw, dict) else None
    return _row_place(where, name) if name else f"{where}, row {number} of states"


def _read_row(
    raw: Any,
    where: str,
    actions: Sequence[str],
    conditions: Sequence[str],
    known_limits: dict[str, Limit],
    read_entry: ReadEntry[K],
) -> Row[K]:
    check.mapping(raw, where, _ROW_KEYS, _ROW_OPTIONAL_KEYS)
    if not isinstance(raw["billable"], bool):
        raise LifecycleTableError(where, "billable must be true or false")
    meaning = check.meaning(raw["meaning"], f"{where}, meaning")
    if not isinstance(raw["openstack"], list) or not raw["openstack"]:
        raise LifecycleTableError(where, "openstack must list at least one entry")
    openstack_when: list[tuple[str, K]] = []
    for entry in check.as_list(raw.get("openstack_when", [])):
        condition = entry.get("when") if isinstance(entry, dict) else None
        check.known([condition], conditions, "condition", where)
        rest = {key: value for key, value in entry.items() if key != "when"}
        openstack_when += [(str(condition), key) for key in read_entry(rest, where)]
    openstack: list[K] = []
    openstack_limits: list[tuple[K, Limit]] = []
    for entry in raw["openstack"]:
        rest, limit = limits.split(entry, known_limits, where)
        keys = read_entry(rest, where)
        openstack += keys
        openstack_limits += [(key, limit) for key in keys if limit is not None]
    allowed = check.words(raw["allowed_actions"], f"{where}, allowed_actions")
    check.known(allowed, actions, "action", where)
    return Row(
        state=check.text(raw["state"], where),
        wire=check.text(raw["wire"], f"{where}, wire"),
        billable=raw["billable"],
        meaning=meaning,
        openstack=tuple(openstack),
        openstack_when=tuple(openstack_when),
        openstack_limits=tuple(openstack_limits),
        limited_when=tuple(
            limits.named(name, known_limits, where) for name in raw.get("limited_when", [])
        ),
        allowed_actions=tuple(action for action in actions if action in allowed),
        why=check.text(raw["why"], f"{where}, why") if "why" in raw else "",
    )


def _check_states(rows: Sequence[Row[K]], states: Sequence[str], where: str) -> None:
    row_states = [row.state for row in rows]
    for state in row_states:
        if state not in states:
            raise LifecycleTableError(_row_place(where, state), "not a documented state")
        if row_states.count(state) > 1:
            raise LifecycleTableError(_row_place(where, state), "it has more than one row")
    for state in states:
        if state not in row_states:
            raise LifecycleTableError(where, f"the documented state {state} has no row")


def _index(entries: Iterable[tuple[IndexKey, Row[K]]], where: str) -> dict[IndexKey, Row[K]]:
    index: dict[IndexKey, Row[K]] = {}
    for key, row in entries:
        if key in index:
            raise LifecycleTableError(
                _row_place(where, row.state), f"{key} is already listed by {index[key].state}"
            )
        index[key] = row
    return index


def _read_actions(raw: dict[str, Any], rows: Sequence[Row[K]], where: str) -> list[Transition]:
    transitions = []
    for action, steps in raw.items():
        here = f"{where}, action {action}"
        allowing = [row.state for row in rows if row.allows(action)]
        if not allowing:
            raise LifecycleTableError(here, "no state allows it")
        read = [
            _read_transition(step, action, rows, allowing, here) for step in check.as_list(steps)
        ]
        leaving = [state for transition in read for state in transition.from_states]
        for state in {*leaving, *allowing} if read else ():
            if leaving.count(state) != 1 or state not in allowing:
                raise LifecycleTableError(
                    here,
                    f"it must start exactly once from each state that allows it, and from no "
                    f"other state: correct {state}",
                )
        transitions += read
    return transitions


def _read_events(raw: dict[str, Any], rows: Sequence[Row[K]], where: str) -> list[Transition]:
    states = [row.state for row in rows]
    return [
        _read_transition(step, event, rows, states, f"{where}, event {event}")
        for event, steps in raw.items()
        for step in check.as_list(steps)
    ]


def _read_transition(
    raw: Any, name: str, rows: Sequence[Row[K]], anywhere: Collection[str], where: str
) -> Transition:
    check.mapping(raw, where, ("from", "ends_in"), ("through",))
    names = [row.state for row in rows]
    sources = {"nothing": [], "anywhere": list(anywhere)}

    def read(value: Any) -> tuple[str, ...]:
        return tuple(check.known(check.as_list(value), names, "state", where))

    return Transition(
        name=name,
        from_states=read(sources.get(str(raw["from"]), raw["from"])),
        is_from_anywhere=raw["from"] == "anywhere",
        through=read(raw.get("through", [])),
        ends_in=read([] if raw["ends_in"] == "gone" else raw["ends_in"]),
    )
