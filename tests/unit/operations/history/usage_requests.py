# SPDX-License-Identifier: Apache-2.0
"""Requests for the usage of a project, and the times of the server that has it."""

from typing import Any

from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]

USAGE = "/api/v1/usage"
WINDOW = {"start": "2026-11-23T11:00:00Z", "end": "2026-11-23T12:00:00Z"}
CREATED = {
    "created": "2026-11-23T11:18:36Z",
    "updated": "2026-11-23T11:23:13Z",
    "OS-SRV-USG:launched_at": "2026-11-23T11:23:13.000000",
}
GONE = {
    "status": "DELETED",
    "OS-EXT-STS:vm_state": "deleted",
    "OS-SRV-USG:terminated_at": "2026-11-23T11:30:02.000000",
    "updated": "2026-11-23T11:30:02Z",
}


def usage(caller: Caller, **query: Any) -> JSON:
    """The usage in the window."""
    response = caller.get(USAGE, query_string=WINDOW | query)
    assert response.status_code == 200, response.text
    found: JSON = response.json["usage"]
    return found


def ids(shown: JSON) -> list[str]:
    """The ids of the instances that have usage."""
    return sorted(group["instance_id"] for group in shown["groups"])


def refused(member: Caller, **query: Any) -> None:
    """The usage is refused, as lists of instances are."""
    response = member.get(USAGE, query_string=WINDOW | query)
    assert refusal(response, 503, "upstream_unavailable")["service"] == "compute"
