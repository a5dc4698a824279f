# SPDX-License-Identifier: Apache-2.0
"""A server that was resized, as Nova shows it."""

import datetime
from typing import Any

from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud

JSON = dict[str, Any]
PATH = f"/servers/{SERVER['id']}"
ACTION = f"{PATH}/action"
ON, OFF = 1, 4
# What a gateway of one process says, which confirms without Redis.
ALONE = "[api]\nworkers = 1\n"


def ago(**since: float) -> str:
    """That long ago, as Nova writes it."""
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(**since)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000")


A_MINUTE_AGO = ago(minutes=1)


def resized(power_state: int, launched_at: str = A_MINUTE_AGO, **changes: Any) -> JSON:
    return SERVER | {
        "OS-EXT-STS:vm_state": "resized",
        "OS-EXT-STS:power_state": power_state,
        "OS-SRV-USG:launched_at": launched_at,
        **changes,
    }


def show(cloud: Cloud, server: JSON) -> None:
    cloud.answer("GET", "nova", PATH, {"server": server})
    cloud.answer("GET", "nova", "/servers/detail", {"servers": [server]})


def state(response: Any) -> str:
    """The state of the instance, got or listed."""
    assert response.status_code == 200, response.text
    found = response.json
    return str((found.get("instance") or found["instances"][0])["lifecycle"]["state"])
