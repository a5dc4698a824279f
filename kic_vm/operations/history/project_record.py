# SPDX-License-Identifier: Apache-2.0
"""Nova's record of all servers of a project. The cache keeps the record of the last reading.

An action that has ended never changes. So a new reading lists the servers, and reads the actions
only of those that have changed since the last reading. If the cache has lost the record, everything
is read again.

Nova's lists are compared with its usage report, and a server stays in the record until Nova says
that it has none.
"""

import datetime
import zlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypedDict

import orjson

from kic_vm import exceptions
from kic_vm.adapters.compute.active_servers import is_existing
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import DELETED, ActionRecord, ServerRecord, time_of
from kic_vm.operations.history import actions, listed_servers, unlisted_servers
from kic_vm.operations.history.action_events import chunks
from kic_vm.operations.history.listed_servers import OVERLAP, Coverage
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import ServerUsage

Progress = Callable[[int, int], None]

_KEY: Final = "usage-record:2:"
_KEPT_SECONDS: Final = 31 * 86400.0
# After this time, deleted servers whose record Nova has archived leave the record.
_FULL_READ_INTERVAL: Final = datetime.timedelta(hours=1)
# The maximum number of deleted servers that one reading checks for their removal from the record.
_MOST_CHECKED: Final = 100
_SOFT_DELETED: Final = "SOFT_DELETED"


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


def read_record(
    services: RequestServices,
    coverage: Coverage,
    since: datetime.datetime,
    now: datetime.datetime,
    progress: Progress = lambda _done, _total: None,
) -> list[Entry]:
    """The servers that existed at a time since ``since``, with their actions.

    Two lists, a check of Nova's cells and its usage report; one call for each server that Nova has
    changed since its actions were read, and those of ``actions.with_deciding_events``. If known or
    reported servers are in neither list: one more list, and those of
    ``unlisted_servers.confirm_gone``. If a call fails, the record keeps the results of the earlier
    calls.

    :param progress: called with the number of servers read, and the number of servers to read
    :raises UpstreamUnavailable: a cell does not answer, or Nova's lists are not complete
    """
    record = _stored(services, coverage)
    known: dict[str, Entry] = record.get("entries", {})
    covered = None
    if _needs_full_read(record, since, now):
        covered = min(since, time_of(record["since"])) if record else since
        record = {"since": covered.isoformat(), "full_at": now.isoformat()}
        changed_since = covered
    else:
        changed_since = time_of(record["read_at"]) - OVERLAP
    entries = _current_entries(services, coverage, known, changed_since, covered)
    record |= {"read_at": now.isoformat(), "entries": entries}
    unread = [entry for entry in entries.values() if not entry["is_settled"]]
    try:
        for server_id in _read_actions(services, unread, now, progress):
            del entries[server_id]
    finally:
        if unread or covered is not None or not known.keys() <= entries.keys():
            packed = zlib.compress(orjson.dumps(record), 1)
            services.app_state.cache.set(_key(coverage), packed, _KEPT_SECONDS)
    return [entry for entry in entries.values() if not _ended_before(entry["server"], since)]


def _key(coverage: Coverage) -> str:
    """The key of the record in the cache.

    An operator has records of their own: Nova's policy may show a member less.
    """
    return _KEY + ("operator:" if coverage.by_operator else "") + (coverage.project_id or "all")


def _stored(services: RequestServices, coverage: Coverage) -> _Record:
    packed = services.app_state.cache.get(_key(coverage))
    record: _Record = orjson.loads(zlib.decompress(packed)) if packed else {}
    return record


def _needs_full_read(record: _Record, since: datetime.datetime, now: datetime.datetime) -> bool:
    return (
        not record
        or since < time_of(record["since"])
        or now - time_of(record["full_at"]) >= _FULL_READ_INTERVAL
    )


def _current_entries(
    services: RequestServices,
    coverage: Coverage,
    known: dict[str, Entry],
    changed_since: datetime.datetime,
    covered: datetime.datetime | None,
) -> dict[str, Entry]:
    """The known entries, updated with Nova's lists.

    :param covered: the time since which a full reading lists deleted servers; else None
    """
    listed, active = listed_servers.list_servers(services, coverage, changed_since)
    expected = [entry["server"] for entry in known.values() if _is_expected(entry, covered)]
    reported = {
        usage["instance_id"]: time_of(usage["started_at"])
        for usage in active
        if usage["instance_id"] not in listed and _is_missing(usage, known)
    }
    # Nova does not always set the time of change when it deletes a server.
    changed = {
        server["id"]: time_of(server["updated"])
        for server in expected
        if server["id"] not in listed and server["status"] != DELETED
    }
    listed |= listed_servers.find_unlisted(services, coverage, reported | changed)
    unlisted = [server for server in expected if server["id"] not in listed]
    deleted = [server for server in unlisted if server["status"] == DELETED]
    existing = [server for server in unlisted if server["status"] != DELETED]
    gone = unlisted_servers.confirm_gone(
        services,
        [*existing, *deleted[:_MOST_CHECKED]],
        reported.keys() - listed.keys(),
        by_operator=coverage.by_operator,
    )
    kept = {
        server_id: entry
        for server_id, entry in known.items()
        if server_id not in gone
        and not (covered is not None and _ended_before(entry["server"], covered))
    }
    return kept | {
        server_id: _entry(server, known.get(server_id)) for server_id, server in listed.items()
    }


def _is_missing(usage: ServerUsage, known: Mapping[str, Entry]) -> bool:
    """Whether the record lacks a reported server, or has it as soft-deleted although it exists."""
    entry = known.get(usage["instance_id"])
    return entry is None or (entry["server"]["status"] == _SOFT_DELETED and is_existing(usage))


def _is_expected(entry: Entry, covered: datetime.datetime | None) -> bool:
    """Whether complete lists contain the server."""
    server = entry["server"]
    if covered is not None:
        return not _ended_before(server, covered)
    # A list of changes lacks what was deleted before its time. An earlier reading may have ended
    # before it had read the actions of such a server.
    return server["status"] not in {DELETED, _SOFT_DELETED}


def _read_actions(
    services: RequestServices, unread: list[Entry], now: datetime.datetime, progress: Progress
) -> list[str]:
    """Read the actions of servers; the ids of those of which Nova has no record any more."""
    gone = []
    done = 0
    for chunk in chunks(unread):
        for entry, read in zip(
            chunk,
            gather_reads(*(partial(_find_actions, services, entry["server"]) for entry in chunk)),
            strict=True,
        ):
            if read is None:
                gone.append(entry["server"]["id"])
            else:
                entry["actions"] = read
                entry["is_settled"] = _is_settled(entry["server"], now)
        done += len(chunk)
        progress(done, len(unread))
    return gone


def _find_actions(services: RequestServices, server: ServerRecord) -> list[ActionRecord] | None:
    """The actions on a server; None if its record was archived since it was listed."""
    try:
        return actions.read_actions(services, server)
    except exceptions.NotFound:
        if services.openstack.compute.has_record(server["id"]):
            raise exceptions.UpstreamUnavailable("compute") from None
        return None


def _entry(server: ServerRecord, earlier: Entry | None) -> Entry:
    """The entry of a listed server. If the server has changed, its actions must be read again."""
    if earlier is not None and earlier["server"] == server:
        return earlier
    return {"server": server, "actions": [], "is_settled": False}


def _is_settled(server: ServerRecord, now: datetime.datetime) -> bool:
    """Whether all actions of a server have ended: any further action changes the server."""
    is_idle = server["status"] == DELETED or server["OS-EXT-STS:task_state"] is None
    return is_idle and now - time_of(server["updated"]) > OVERLAP


def _ended_before(server: ServerRecord, since: datetime.datetime) -> bool:
    ended_at = server["OS-SRV-USG:terminated_at"] or server["updated"]
    return server["status"] == DELETED and time_of(ended_at) <= since
