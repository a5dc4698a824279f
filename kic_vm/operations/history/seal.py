# SPDX-License-Identifier: Apache-2.0
"""The usage of a closed month, as files that can be checked later."""

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypedDict

from kic_vm.history.periods import Period
from kic_vm.history.usage import InstancePeriods, Window
from kic_vm.mappings.instance_logs import action_name
from kic_vm.mappings.periods import stamp
from kic_vm.mappings.usage import table_as_csv

_COLUMNS: Final = (
    "project_id",
    "instance_id",
    "instance_name",
    "flavor_name",
    "state",
    "billable",
    "started_at",
    "ended_at",
    "seconds",
    "evidence",
    "command",
    "request_id",
    "user_id",
)


class _Row(TypedDict):
    """A period of an instance, limited to the month: a value for each of _COLUMNS."""

    project_id: str
    instance_id: str
    instance_name: str
    flavor_name: str | None
    state: str | None
    billable: bool | None
    started_at: str
    ended_at: str
    seconds: int
    evidence: str
    command: str | None
    request_id: str | None
    user_id: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class SealedMonth:
    """The files of a month by name, and the digest of the CSV file."""

    files: dict[str, bytes]
    digest: str
    billed_seconds: int
    unbilled_seconds: int
    unknown_seconds: int


class SealedDifferently(Exception):
    """A file exists with other content."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def window_of_month(month: str) -> Window:
    """The window of a month such as ``2026-10``, in UTC.

    :raises ValueError: it is not a month in this form
    """
    # Only one form: the month is a part of the names of its files.
    start = datetime.datetime.fromisoformat(f"{month}-01").replace(tzinfo=datetime.UTC)
    if f"{start:%Y-%m}" != month or start.year == datetime.MAXYEAR:
        raise ValueError(month)
    return Window(start, (start + datetime.timedelta(days=32)).replace(day=1))


def seal(month: str, window: Window, instances: Iterable[InstancePeriods]) -> SealedMonth:
    """The files of a month: one line for each period, limited to the month.

    The same record gives the same bytes.
    """
    rows = sorted(
        (
            _row(instance, period, window)
            for instance in instances
            for period in instance.periods
            if period.seconds(window.end, window.start)
        ),
        key=lambda row: (row["project_id"], row["instance_id"], row["started_at"]),
    )
    table = table_as_csv(list(_COLUMNS), [list(row.values()) for row in rows]).encode()
    digest = hashlib.sha256(table).hexdigest()

    def total(billable: bool | None) -> int:
        return sum(row["seconds"] for row in rows if row["billable"] is billable)

    content = {
        "month": month,
        "start": stamp(window.start),
        "end": stamp(window.end),
        "sha256": digest,
        "billed_seconds": total(True),
        "unbilled_seconds": total(False),
        "unknown_seconds": total(None),
        "periods": rows,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return SealedMonth(
        files={f"usage-{month}.csv": table, f"usage-{month}.json": text.encode()},
        digest=digest,
        billed_seconds=total(True),
        unbilled_seconds=total(False),
        unknown_seconds=total(None),
    )


def write(sealed: SealedMonth, directory: Path) -> list[Path]:
    """Write the files that do not exist yet, and return their paths.

    :raises SealedDifferently: a file exists with other content; then nothing is written
    :raises OSError: the directory is not writable
    """
    directory.mkdir(parents=True, exist_ok=True)
    missing = {}
    for name, content in sealed.files.items():
        path = directory / name
        if not path.exists():
            missing[path] = content
        elif path.read_bytes() != content:
            raise SealedDifferently(path)
    for path, content in missing.items():
        # An interrupted run must not leave a part of a file under its final name.
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(content)
        part.replace(path)
    return list(missing)


def _row(instance: InstancePeriods, period: Period, window: Window) -> _Row:
    ended_at = window.end if period.ended_at is None else min(period.ended_at, window.end)
    action = period.action
    return {
        "project_id": instance.project_id,
        "instance_id": instance.server.id,
        "instance_name": instance.server.name,
        # Not the id: it is unknown after the flavor is deleted.
        "flavor_name": period.flavor.name if period.flavor else None,
        "state": period.state,
        "billable": period.billable,
        "started_at": stamp(max(period.started_at, window.start)),
        "ended_at": stamp(ended_at),
        "seconds": period.seconds(window.end, window.start),
        "evidence": period.evidence,
        "command": action_name(action.name) if action else None,
        "request_id": action.request_id if action else None,
        "user_id": action.user_id if action else None,
    }
