# SPDX-License-Identifier: Apache-2.0
"""Nova's record of a server, in the form that the ledger reads."""

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Final, NotRequired, TypedDict

from kic_vm.lifecycle.table import LifecycleTables
from kic_vm.resources import compute
from kic_vm.resources.compute import InstanceAction, ServerFlavor

DELETED: Final = "DELETED"


@dataclasses.dataclass(frozen=True, slots=True)
class Flavor:
    """A flavor; the id is None if the flavor was deleted."""

    id: str | None
    name: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """An event of an action: a step of it."""

    name: str
    started_at: datetime.datetime
    is_ended: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Action:
    """An instance action of Nova."""

    name: str
    """Nova's word, such as ``confirmResize``."""
    request_id: str
    user_id: str | None
    """None if Nova itself started the action."""
    started_at: datetime.datetime
    updated_at: datetime.datetime
    is_failed: bool
    events: tuple[Event, ...] | None = None
    """None if they were not read."""


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A server as Nova shows it now."""

    id: str
    name: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    """The time of Nova's last change; the state is the same since then."""
    ended_at: datetime.datetime | None
    """The time of deletion; None for a server that exists."""
    state: str | None
    """The documented state; None for a deleted server."""
    is_volume_backed: bool
    was_launched: bool
    flavor: Flavor


_ServerRecordAttributes = TypedDict(
    "_ServerRecordAttributes",
    {
        "OS-EXT-STS:task_state": str | None,
        "OS-EXT-STS:vm_state": str,
        "OS-SRV-USG:launched_at": str | None,
        "OS-SRV-USG:terminated_at": str | None,
    },
)


class ServerRecord(_ServerRecordAttributes):
    """The fields of Nova's server that the ledger reads; ``image`` is whether it has one."""

    id: str
    name: str
    tenant_id: str
    status: str
    created: str
    updated: str
    image: bool
    flavor: ServerFlavor


class EventRecord(TypedDict):
    """An event of an action."""

    event: str
    started_at: str
    is_ended: bool


class ActionRecord(InstanceAction):
    """Nova's action, with its events if the ledger needs them."""

    events: NotRequired[list[EventRecord]]


def time_of(stamp: str) -> datetime.datetime:
    """A time of Nova in whole seconds; Nova's times are in UTC."""
    moment = datetime.datetime.fromisoformat(stamp)
    if moment.microsecond:
        moment = moment.replace(microsecond=0)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def server_from_server(
    server: compute.Server | ServerRecord,
    lifecycle: LifecycleTables,
    flavor_ids: dict[str, str],
    *,
    is_confirming: bool = False,
) -> Server:
    """The ledger's view of Nova's server, deleted or not.

    :param server: at microversion 2.47 or above
    :param flavor_ids: flavor ids by name
    :param is_confirming: the server's resize is being confirmed
    """
    is_deleted = server["status"] == DELETED
    name = server["flavor"]["original_name"]
    terminated_at = server.get("OS-SRV-USG:terminated_at")
    state = None
    if not is_deleted:
        state = lifecycle.instance_state(
            server["OS-EXT-STS:vm_state"],
            server["OS-EXT-STS:task_state"],
            confirm_in_progress=is_confirming,
        ).state
    return Server(
        id=server["id"],
        name=server["name"],
        created_at=time_of(server["created"]),
        updated_at=time_of(server["updated"]),
        ended_at=time_of(terminated_at or server["updated"]) if is_deleted else None,
        state=state,
        is_volume_backed=not server["image"],
        was_launched=bool(server["OS-SRV-USG:launched_at"]),
        flavor=Flavor(flavor_ids.get(name), name),
    )


def actions_from_actions(actions: Iterable[ActionRecord]) -> list[Action]:
    """The ledger's view of Nova's actions, oldest first.

    :param actions: as Nova lists them, newest first, at microversion 2.58 or above; an action may
        have its ``events``
    """
    return [
        Action(
            name=action["action"],
            request_id=action["request_id"],
            user_id=action["user_id"],
            started_at=time_of(action["start_time"]),
            updated_at=time_of(action["updated_at"] or action["start_time"]),
            is_failed=bool(action["message"]),
            events=_events_of(action["events"]) if "events" in action else None,
        )
        for action in reversed(list(actions))
    ]


def _events_of(events: Iterable[EventRecord]) -> tuple[Event, ...]:
    return tuple(
        Event(event["event"], time_of(event["started_at"]), event["is_ended"]) for event in events
    )
