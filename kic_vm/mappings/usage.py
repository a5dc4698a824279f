# SPDX-License-Identifier: Apache-2.0
"""Usage -> JSON and CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final, NotRequired, TypedDict

from kic_vm.history import usage
from kic_vm.history.usage import GroupKey, Seconds, Window
from kic_vm.history.volume_usage import VolumeSeconds
from kic_vm.lifecycle.documented import INSTANCE_STATES
from kic_vm.lifecycle.table import load_tables
from kic_vm.mappings.periods import PeriodFlavorView, flavor, stamp

# Spreadsheets in East Asian languages also accept the full-width forms.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class StateSecondsView(TypedDict):
    """Seconds in one documented state; see StateSecondsSchema."""

    state: str
    billable: bool
    seconds: int


class SecondsView(TypedDict):
    """Seconds by billing and by state."""

    billed_seconds: int
    unbilled_seconds: int
    unknown_seconds: int
    states: list[StateSecondsView]


class _GroupKeyView(TypedDict):
    """What the instances of a group have in common; the project only if there are several."""

    project_id: NotRequired[str]
    instance_id: NotRequired[str | None]
    instance_name: NotRequired[str | None]
    state: NotRequired[str | None]
    flavor: NotRequired[PeriodFlavorView | None]
    day: NotRequired[str | None]


class UsageGroupView(SecondsView, _GroupKeyView):
    """Seconds of one instance, state, flavor or day. The API has groups of one project only."""


class VolumeStateSecondsView(TypedDict):
    """Seconds of a volume in one documented state; see VolumeStateSecondsSchema."""

    state: str
    size: int
    seconds: int
    gib_seconds: int


class VolumeUsageView(TypedDict):
    """Seconds of one volume; see VolumeUsageSchema."""

    id: str
    name: str | None
    state: str
    size: int
    deleted: bool
    seconds: int
    gib_seconds: int
    unknown_seconds: int
    states: list[VolumeStateSecondsView]


class UsageView(SecondsView):
    """The usage of a project, or of all projects: then ``project_id`` is None.

    The API shows one project, with its volumes; the command does not show volumes.
    """

    project_id: str | None
    start: str
    end: str
    group_by: str
    groups: list[UsageGroupView]
    volumes: NotRequired[list[VolumeUsageView]]


def usage_from_groups(
    project_id: str | None,
    window: Window,
    grouping: str,
    groups: Mapping[GroupKey, Seconds],
    volumes: Iterable[VolumeSeconds],
) -> UsageView:
    """The usage of a project, or of all projects, in a window."""
    total = usage.total(groups.values())
    return {
        "project_id": project_id,
        "start": stamp(window.start),
        "end": stamp(window.end),
        "group_by": grouping,
        **_seconds(total),
        "groups": [
            {**_group(key, grouping), **_seconds(seconds)} for key, seconds in groups.items()
        ],
        "volumes": [
            {
                "id": volume.volume_id,
                "name": volume.name,
                "state": volume.current.state,
                "size": volume.current.size,
                "deleted": volume.is_deleted,
                "seconds": volume.seconds,
                "gib_seconds": volume.gib_seconds,
                "unknown_seconds": volume.unknown_seconds,
                "states": [
                    {
                        "state": known.state,
                        "size": known.size,
                        "seconds": seconds,
                        "gib_seconds": seconds * known.size,
                    }
                    for known, seconds in volume.states.items()
                ],
            }
            for volume in volumes
        ],
    }


def _seconds(seconds: Seconds) -> SecondsView:
    return {
        "billed_seconds": seconds.billed,
        "unbilled_seconds": seconds.unbilled,
        "unknown_seconds": seconds.unknown,
        "states": [
            {"state": state, "billable": load_tables().is_billable(state), "seconds": number}
            for state, number in seconds.in_order().items()
        ],
    }


def _group(key: GroupKey, grouping: str) -> _GroupKeyView:
    shown: _GroupKeyView = {} if key.project_id is None else {"project_id": key.project_id}
    if grouping == usage.INSTANCE:
        shown["instance_id"] = key.instance_id
        shown["instance_name"] = key.instance_name
    elif grouping == usage.STATE:
        shown["state"] = key.state
    elif grouping == usage.FLAVOR:
        shown["flavor"] = flavor(key.flavor)
    else:
        shown["day"] = key.day
    return shown


def as_csv(shown: UsageView) -> str:
    """The groups of a usage as CSV: a line for each group, a column for each documented state."""
    is_by_project = shown["project_id"] is None
    columns = {
        usage.INSTANCE: ["instance_id", "instance_name"],
        usage.STATE: ["state"],
        usage.FLAVOR: ["flavor_id", "flavor_name"],
        usage.DAY: ["day"],
    }[shown["group_by"]]
    if is_by_project:
        columns = ["project_id", *columns]
    rows = []
    for group in shown["groups"]:
        group_flavor = group.get("flavor")
        cells = {
            **group,
            "flavor_id": group_flavor and group_flavor["id"],
            "flavor_name": group_flavor and group_flavor["name"],
        }
        states = {state["state"]: state["seconds"] for state in group["states"]}
        rows.append(
            [
                *(cells[column] for column in columns),
                group["billed_seconds"],
                group["unbilled_seconds"],
                group["unknown_seconds"],
                *(states.get(state, 0) for state in INSTANCE_STATES),
            ]
        )
    header = [*columns, "billed_seconds", "unbilled_seconds", "unknown_seconds", *INSTANCE_STATES]
    return table_as_csv(header, rows)


def table_as_csv(header: list[str], rows: Iterable[list[Any]]) -> str:
    """A table as CSV. An apostrophe precedes texts that a spreadsheet would run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
