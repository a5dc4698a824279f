# SPDX-License-Identifier: Apache-2.0
"""Nova's record of all servers of a project. The cache keeps the record of the last reading.

An action that has ended never changes. So a new reading lists only the servers that Nova has
changed since the last reading, and reads their actions. If the cache has lost the record,
everything is read again.
"""

import dataclasses
import datetime
import zlib
from collections.abc import Callable
from functools import partial
from typing import Final, TypedDict

import orjson

from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import DELETED, ActionRecord, ServerRecord, time_of
from kic_vm.mappings.periods import stamp
from kic_vm.operations.history import actions
from kic_vm.operations.history.action_events import chunks
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server

Progress = Callable[[int, int], None]

_KEY: Final = "usage-record:2:"
_KEPT_SECONDS: Final = 31 * 86400.0
# Deletions that Nova's list of changes omits are noticed after this time.
_FULL_READ_INTERVAL: Final = datetime.timedelta(hours=1)
# A change becomes visible later than its own time, clocks differ, and events end after the change.
_OVERLAP: Final = datetime.timedelta(seconds=120)
_BUILDING: Final = "building"


class Entry(TypedDict):
    """A server and its actions; ``is_settled`` if no more actions are expected."""

    server: ServerRecord
    actions: list[ActionRecord]
    is_settled: bool


class _Record(TypedDict, total=False):
    """The record in the cache, with its times; empty if there is none."""

    since: str
    full_at: str
    read_at: str
    entries: dict[str, Entry]


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """The servers to read.

    :param project_id: the project; None for all projects
    :param by_operator: the reading uses the gateway's own user, not a member's token
    """

    project_id: str | None
    by_operator: bool = False

    @property
    def query(self) -> dict[str, str]:
        """Nova's filters."""
        if not self.by_operator:
            return {}
        return {"all_tenants": "1"} | ({"project_id": self.project_id} if self.project_id else {})

    @property
    def key(self) -> str:
        """The key of the record in the cache.

        An operator has records of their own: those of members may lack servers of a cell that did
        not answer.
        """
        return _KEY + ("operator:" if self.by_operator else "") + (self.project_id or "all")


def read_record(
    services: RequestServices,
    coverage: Coverage,
    since: datetime.datetime,
    now: datetime.datetime,
    progress: Progress = lambda _done, _total: None,
) -> list[Entry]:
    """The servers that existed at a time since ``since``, with their actions.

    One or two lists, one call for each server that Nova has changed since its actions were read,
    and those of ``actions.with_deciding_events``; for an operator, one more call. If a call fails,
    the record keeps the results of the earlier calls.

    :param progress: called with the number of servers read, and the number of servers to read
    :raises UpstreamUnavailable: for an operator, a cell does not answer
    """
    record = _stored(services, coverage)
    entries: dict[str, Entry] = record.get("entries", {})
    if _needs_full_read(record, since, now):
        covered = min(since, time_of(record["since"])) if record else since
        listed = _list_all(services, coverage, covered)
        entries = {server["id"]: _entry(server, entries.get(server["id"])) for server in listed}
        record = {"since": covered.isoformat(), "full_at": now.isoformat()}
    else:
        _take_changes(services, coverage, entries, time_of(record["read_at"]))
    if coverage.by_operator:
        # The lists omit changed and deleted servers of cells that do not answer, and the servers
        # of one project. Usage without them must not be sealed.
        services.openstack.compute.check_cells()
    record |= {"read_at": now.isoformat(), "entries": entries}
    unread = [entry for entry in entries.values() if not entry["is_settled"]]
    try:
        _read_actions(services, unread, now, progress)
    finally:
        if unread or record["full_at"] == record["read_at"]:
            packed = zlib.compress(orjson.dumps(record), 1)
            services.app_state.cache.set(coverage.key, packed, _KEPT_SECONDS)
    return [entry for entry in entries.values() if not _ended_before(entry["server"], since)]


def _stored(services: RequestServices, coverage: Coverage) -> _Record:
    packed = services.app_state.cache.get(coverage.key)
    record: _Record = orjson.loads(zlib.decompress(packed)) if packed else {}
    return record


def _needs_full_read(record: _Record, since: datetime.datetime, now: datetime.datetime) -> bool:
    return (
        not record
        or since < time_of(record["since"])
        or now - time_of(record["full_at"]) >= _FULL_READ_INTERVAL
    )


def _list_all(
    services: RequestServices, coverage: Coverage, since: datetime.datetime
) -> list[ServerRecord]:
    """The servers that exist, and those that were deleted since a time."""
    compute = services.openstack.compute
    existing, changed = gather_reads(
        partial(compute.list_server_records, **coverage.query),
        partial(compute.list_changed_server_records, stamp(since), **coverage.query),
    )
    servers = {server["id"]: server for server in (*existing, *changed)}
    return [_slim(server) for server in servers.values() if _is_covered(server, coverage)]


def _take_changes(
    services: RequestServices,
    coverage: Coverage,
    entries: dict[str, Entry],
    read_at: datetime.datetime,
) -> None:
    """Update the entries with the servers that Nova has changed since the last reading."""
    changed = services.openstack.compute.list_changed_server_records(
        stamp(read_at - _OVERLAP), **coverage.query
    )
    for server in changed:
        if _is_covered(server, coverage):
            entries[server["id"]] = _entry(_slim(server), entries.get(server["id"]))
    # The list contains all servers that are being scheduled: one that is missing was deleted.
    listed = {server["id"] for server in changed}
    for server_id, entry in list(entries.items()):
        record = entry["server"]
        is_building = (record["OS-EXT-STS:vm_state"], record["status"]) == (_BUILDING, "BUILD")
        if is_building and server_id not in listed:
            del entries[server_id]


def _read_actions(
    services: RequestServices, unread: list[Entry], now: datetime.datetime, progress: Progress
) -> None:
    done = 0
    for chunk in chunks(unread):
        for entry, read in zip(
            chunk,
            gather_reads(
                *(partial(actions.read_actions, services, entry["server"]) for entry in chunk)
            ),
            strict=True,
        ):
            entry["actions"] = read
            entry["is_settled"] = _is_settled(entry["server"], now)
        done += len(chunk)
        progress(done, len(unread))


def _entry(server: ServerRecord, earlier: Entry | None) -> Entry:
    """The entry of a listed server. If the server has changed, its actions must be read again."""
    if earlier is not None and earlier["server"] == server:
        return earlier
    return {"server": server, "actions": [], "is_settled": False}


def _is_settled(server: ServerRecord, now: datetime.datetime) -> bool:
    """Whether all actions of a server have ended: any further action changes the server."""
    is_idle = server["status"] == DELETED or server["OS-EXT-STS:task_state"] is None
    return is_idle and now - time_of(server["updated"]) > _OVERLAP


def _is_covered(server: Server, coverage: Coverage) -> bool:
    """Whether to read a server. Nova shows a cloud admin the servers of all projects."""
    return coverage.project_id is None or server["tenant_id"] == coverage.project_id


def _ended_before(server: ServerRecord, since: datetime.datetime) -> bool:
    ended_at = server["OS-SRV-USG:terminated_at"] or server["updated"]
    return server["status"] == DELETED and time_of(ended_at) <= since


def _slim(server: Server) -> ServerRecord:
    """The fields that the ledger reads."""
    return {
        "id": server["id"],
        "name": server["name"],
        "tenant_id": server["tenant_id"],
        "status": server["status"],
        "created": server["created"],
        "updated": server["updated"],
        "OS-EXT-STS:vm_state": server["OS-EXT-STS:vm_state"],
        "OS-EXT-STS:task_state": server["OS-EXT-STS:task_state"],
        "OS-SRV-USG:launched_at": server["OS-SRV-USG:launched_at"],
        "OS-SRV-USG:terminated_at": server["OS-SRV-USG:terminated_at"],
        "image": bool(server["image"]),
        "flavor": {"original_name": server["flavor"]["original_name"]},
    }
