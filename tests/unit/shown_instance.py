# SPDX-License-Identifier: Apache-2.0
"""The recorded instance, as the gateway shows it."""

from typing import Any

from tests.contract import check
from tests.unit.bodies import INSTANCE, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller

JSON = dict[str, Any]


def shown(caller: Caller, cloud: Cloud, **changes: Any) -> JSON:
    """The instance, when Nova shows the server with these changes; held against the contract."""
    cloud.answer("GET", "nova", f"/servers/{SERVER['id']}", {"server": SERVER | changes})
    response = caller.get(INSTANCE)
    assert response.status_code == 200, response.text
    assert check("bcs", "GetInstance", response.json) == []
    instance: JSON = response.json["instance"]
    return instance
