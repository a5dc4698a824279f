# SPDX-License-Identifier: Apache-2.0
"""The time since which an instance has been in its state, if it is known without another call.

Reading the history of an instance determines this time. The time is remembered until Nova changes
the server.
"""

from typing import Final

import orjson

from kic_vm.mappings.instance_states import InstanceLifecycleView
from kic_vm.operations.request import RequestServices
from kic_vm.resources.compute import Server

_KEY: Final = "state-since:"
_KEPT_SECONDS: Final = 86400.0


def remember(
    services: RequestServices, server: Server, state: str, since: str, billable_since: str | None
) -> None:
    """Remember since when a server has been in a state, and since when it has been billed."""
    value = {
        "updated": server["updated"],
        "state": state,
        "since": since,
        "billable_since": billable_since,
    }
    services.app_state.cache.set(_key(services, server), orjson.dumps(value), _KEPT_SECONDS)


def add_remembered(
    services: RequestServices, server: Server, lifecycle: InstanceLifecycleView
) -> None:
    """Add the remembered times to a ``lifecycle``, if the server has not changed since."""
    stored = services.app_state.cache.get(_key(services, server))
    value = orjson.loads(stored) if stored else {}
    if (value.get("updated"), value.get("state")) == (server["updated"], lifecycle["state"]):
        lifecycle["since"] = value["since"]
        lifecycle["billable_since"] = value["billable_since"]


def _key(services: RequestServices, server: Server) -> str:
    return f"{_KEY}{services.project_id}:{server['id']}"
