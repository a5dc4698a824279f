# SPDX-License-Identifier: Apache-2.0
"""Limits: reasons why a resource allows fewer commands than its documented state.

A limit belongs to entries of a row's ``openstack`` (a paused server among the stopped ones), or to
the row's ``limited_when``. In the second case OpenStack's state does not show it, and the caller of
a lookup passes it (a server that never ran).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from kic_vm.lifecycle import check
from kic_vm.lifecycle.model import K, LifecycleTableError, Limit, Row

# The limits that only the caller of a lookup can know; see the tables for their reasons.
NEVER_LAUNCHED: Final = "never_launched"
INTERFACES_FULL: Final = "interfaces_full"
ROOT: Final = "root"
NOT_BOOTABLE: Final = "not_bootable"
STILL_ATTACHED: Final = "still_attached"
INSTANCE_NOT_READY: Final = "instance_not_ready"

INSTANCE_LIMITS: Final = (NEVER_LAUNCHED, INTERFACES_FULL)
VOLUME_LIMITS: Final = (ROOT, NOT_BOOTABLE, STILL_ATTACHED, INSTANCE_NOT_READY)


def read(data: Any, actions: Sequence[str], where: str) -> dict[str, Limit]:
    """The limits in this data by name, checked."""
    if not isinstance(data, dict):
        raise LifecycleTableError(where, f"expected a mapping, found {data!r}")
    limits = {}
    for name, raw in data.items():
        here = f"{where}, {name}"
        check.mapping(raw, here, ("allows", "reason"))
        allows = check.words(raw["allows"], f"{here}, allows")
        check.known(allows, actions, "action", here)
        limits[name] = Limit(name, allows, check.meaning(raw["reason"], f"{here}, reason"))
    return limits


def named(name: Any, limits: Mapping[str, Limit], where: str) -> Limit:
    """The limit that a row names."""
    check.known([name], limits, "limit", where)
    return limits[name]


def split(entry: Any, limits: Mapping[str, Limit], where: str) -> tuple[Any, Limit | None]:
    """An entry of ``openstack`` without its limit, and the limit."""
    if not isinstance(entry, dict) or "limit" not in entry:
        return entry, None
    rest = {key: value for key, value in entry.items() if key != "limit"}
    return rest, named(entry["limit"], limits, where)


def limited(row: Row[K], key: K) -> Row[K]:
    """The row with the limit that applies while OpenStack shows this key."""
    for limited_key, limit in row.openstack_limits:
        if limited_key == key:
            return row.limited_by(limit)
    return row


def check_use(
    limits: Mapping[str, Limit], rows: Iterable[Row[K]], stated: Collection[str], where: str
) -> None:
    """Refuse a limit that no row uses, and a ``limited_when`` that no caller passes."""
    rows = list(rows)
    in_entries = {limit.name for row in rows for _key, limit in row.openstack_limits}
    in_rows = {limit.name for row in rows for limit in row.limited_when}
    for name in stated:
        if name not in in_rows:
            raise LifecycleTableError(where, f"no row is limited_when {name}")
    for name in in_rows:
        if name not in stated:
            raise LifecycleTableError(where, f"limited_when {name}: no caller passes this limit")
    for name in limits:
        if name not in in_entries | in_rows:
            raise LifecycleTableError(where, f"no row uses the limit {name}")
