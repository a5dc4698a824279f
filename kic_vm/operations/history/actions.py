# SPDX-License-Identifier: Apache-2.0
"""Nova's actions on servers, with the events that the ledger needs."""

from collections.abc import Iterable

from kic_vm.history.edges import load_edges
from kic_vm.history.records import ActionRecord, ServerRecord
from kic_vm.operations.history.action_events import add_events
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import InstanceAction, Server


def read_actions(services: RequestServices, server: Server | ServerRecord) -> list[ActionRecord]:
    """The actions that change a server's documented state, newest first.

    One upstream call, and those of ``with_deciding_events``.
    """
    return with_deciding_events(
        services, server, services.openstack.compute.list_actions(server["id"])
    )


def with_deciding_events(
    services: RequestServices, server: Server | ServerRecord, listed: Iterable[InstanceAction]
) -> list[ActionRecord]:
    """The listed actions that change a server's documented state, with the fields for the ledger.

    One upstream call for each action whose edges depend on events, unless the cache has them.
    """
    edges = load_edges()
    actions = [
        _record_of(action)
        for action in listed
        if action["action"] in edges.starts and action["start_time"]
    ]
    undecided = [
        action
        for action in actions
        if edges.depend_on_events(action["action"], is_volume_backed=not server["image"])
    ]
    if undecided:
        add_events(services, server["id"], undecided)
    return actions


def _record_of(action: InstanceAction) -> ActionRecord:
    return {
        "action": action["action"],
        "request_id": action["request_id"],
        "user_id": action["user_id"],
        "start_time": action["start_time"],
        "updated_at": action["updated_at"],
        "message": action["message"],
    }
