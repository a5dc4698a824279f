# SPDX-License-Identifier: Apache-2.0
"""Nova's record of the actions of replayed servers: some of them stop every night."""

import datetime
from typing import Any, Final

JSON = dict[str, Any]

_DAYS: Final = 30
_NIGHTLY: Final = 4  # one of so many


def count(servers: int) -> int:
    """The number of actions of so many servers."""
    return servers + 2 * _DAYS * len(range(0, servers, _NIGHTLY))


def actions_of(server: JSON, number: int) -> list[JSON]:
    """What Nova lists, newest first: the creation, and for some a start and a stop each day.

    :param server: as Nova shows it
    :param number: of the server in its project
    """
    now = datetime.datetime.now(datetime.UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    created = datetime.datetime.fromisoformat(server["created"])
    found = [_action(server, "create", created, 4)]
    for day in range(0 if number % _NIGHTLY else _DAYS, 0, -1):
        begin = midnight - datetime.timedelta(days=day)
        found.append(_action(server, "start", begin + datetime.timedelta(hours=6), 1))
        found.append(_action(server, "stop", begin + datetime.timedelta(hours=20), 2))
    return found[::-1]


def _action(server: JSON, name: str, start: datetime.datetime, seconds: int) -> JSON:
    end = start + datetime.timedelta(seconds=seconds)
    return {
        "action": name,
        "instance_uuid": server["id"],
        "request_id": f"req-{server['id'][:8]}-{start:%Y%m%d%H}",
        "user_id": server["user_id"],
        "project_id": server["tenant_id"],
        "start_time": start.strftime("%Y-%m-%dT%H:%M:%S.%f"),
        "message": None,
        "updated_at": end.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    }
