# SPDX-License-Identifier: Apache-2.0
"""The events of Nova's actions, cached for actions that Nova has not changed for a minute."""

import datetime
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, TypedDict, TypeVar

import orjson

from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.history.records import ActionRecord, EventRecord, time_of
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import ActionEvent

# Concurrent calls to Nova.
_AT_ONCE: Final = 8
_KEY: Final = "action-events:1:"
_KEPT_SECONDS: Final = 31 * 86400.0
# Nova's times have whole seconds: an event that starts and ends in one second changes updated_at
# only once, so events are cached after that second.
_SETTLED: Final = datetime.timedelta(seconds=60)

Item = TypeVar("Item")


class _Known(TypedDict):
    """The events of an action at the time of its last change."""

    updated_at: str | None
    events: list[EventRecord]


def add_events(services: RequestServices, server_id: str, actions: Sequence[ActionRecord]) -> None:
    """Add the ``events`` to each action: one upstream call for each that is not in the cache."""
    cache = services.app_state.cache
    packed = cache.get(_KEY + server_id)
    known: dict[str, _Known] = orjson.loads(packed) if packed else {}
    unknown = []
    for action in actions:
        of_action = known.get(action["request_id"])
        if of_action is not None and of_action["updated_at"] == action["updated_at"]:
            action["events"] = of_action["events"]
        else:
            unknown.append(action)
    if not unknown:
        return
    for group in chunks(unknown):
        _read(services, server_id, group)
    settled = {
        action["request_id"]: _Known(updated_at=action["updated_at"], events=action["events"])
        for action in actions
        if _is_settled(action)
    }
    cache.set(_KEY + server_id, orjson.dumps(settled), _KEPT_SECONDS)


def _read(services: RequestServices, server_id: str, actions: Sequence[ActionRecord]) -> None:
    events_of = services.openstack.compute.list_action_events
    calls = [partial(events_of, server_id, action["request_id"]) for action in actions]
    for action, events in zip(actions, gather_reads(*calls), strict=True):
        action["events"] = [_record_of(event) for event in events]


def _record_of(event: ActionEvent) -> EventRecord:
    return {
        "event": event["event"],
        "started_at": event["start_time"],
        "is_ended": event["finish_time"] is not None,
    }


def _is_settled(action: ActionRecord) -> bool:
    changed_at = time_of(action["updated_at"] or action["start_time"])
    return datetime.datetime.now(datetime.UTC) - changed_at > _SETTLED


def chunks(items: Iterable[Item]) -> list[list[Item]]:
    """Servers or actions in groups that are read at the same time."""
    listed = list(items)
    return [listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE)]
