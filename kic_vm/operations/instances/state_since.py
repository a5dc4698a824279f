# SPDX-License-Identifier: Apache-2.0
"""Since when an instance has been in its state, as far as no further call is needed to know it.

The history of an instance tells it. What it told is remembered for as long as Nova has not changed
the server since.
"""

from typing import Any, Final

import orjson

from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]

_KEY: Final = "state-since:"
_KEPT_SECONDS: Final = 86400.0


def remember(
    services: RequestServices, server: JSON, state: str, since: str, billable_since: str | None
) -> None:
    """Remember since when a server has been in a state, and since when it has been billed."""
    value = {
        "updated": server["updated"],
        "state": state,
        "since": since,
        "billable_since": billable_since,
    }
    services.app_state.cache.set(_key(services, server), orjson.dumps(value), _KEPT_SECONDS)


def add_remembered(services: RequestServices, server: JSON, lifecycle: JSON) -> None:
    """Complete a ``lifecycle`` with what is remembered and still true."""
    stored = services.app_state.cache.get(_key(services, server))
    value = orjson.loads(stored) if stored else {}
    if (value.get("updated"), value.get("state")) == (server["updated"], lifecycle["state"]):
        lifecycle["since"] = value["since"]
        lifecycle["billable_since"] = value["billable_since"]


def _key(services: RequestServices, server: JSON) -> str:
    return f"{_KEY}{services.project_id}:{server['id']}"
