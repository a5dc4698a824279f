# SPDX-License-Identifier: Apache-2.0
"""Usage -> JSON and CSV."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kic_vm.history import usage
from kic_vm.history.usage import GroupKey, Seconds, Window
from kic_vm.history.volume_usage import VolumeSeconds
from kic_vm.lifecycle.documented import INSTANCE_STATES
from kic_vm.lifecycle.table import load_tables
from kic_vm.mappings.periods import flavor, stamp

JSON = dict[str, Any]

# Spreadsheets in East Asian languages also accept the full-width forms.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def usage_from_groups(
    project_id: str | None,
    window: Window,
    grouping: str,
    groups: Mapping[GroupKey, Seconds],
    volumes: Iterable[VolumeSeconds],
) -> JSON:
    """The usage of a project, or of all projects, in a window."""
    total = usage.total(groups.values())
    return {
        "project_id": project_id,
        "start": stamp(window.start),
        "end": stamp(window.end),
        "group_by": grouping,
        **_seconds(total),
        "groups": [_group(key, grouping) | _seconds(seconds) for key, seconds in groups.items()],
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


def _seconds(seconds: Seconds) -> JSON:
    return {
        "billed_seconds": seconds.billed,
        "unbilled_seconds": seconds.unbilled,
        "unknown_seconds": seconds.unknown,
        "states": [
            {"state": state, "billable": load_tables().is_billable(state), "seconds": number}
            for state, number in seconds.in_order().items()
        ],
    }


def _group(key: GroupKey, grouping: str) -> JSON:
    shown: JSON = {} if key.project_id is None else {"project_id": key.project_id}
    if grouping == usage.INSTANCE:
        return shown | {"instance_id": key.instance_id, "instance_name": key.instance_name}
    if grouping == usage.STATE:
        return shown | {"state": key.state}
    if grouping == usage.FLAVOR:
        return shown | {"flavor": flavor(key.flavor)}
    return shown | {"day": key.day}


def as_csv(shown: JSON) -> str:
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
        cells = dict(group)
        group_flavor = cells.pop("flavor", None) or {}
        cells |= {"flavor_id": group_flavor.get("id"), "flavor_name": group_flavor.get("name")}
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
