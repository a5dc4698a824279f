# SPDX-License-Identifier: Apache-2.0
"""Requests for instances, and what Nova was asked for."""

from typing import Any

from tests.unit.bodies import FLAVOR, IMAGE, SUBNET
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Answer, Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import CREATE

JSON = dict[str, Any]
ROOT = {
    "source_type": "image",
    "uuid": IMAGE["id"],
    "destination_type": "volume",
    "boot_index": 0,
    "volume_size": 5,
    "delete_on_termination": True,
}
ASKED = {
    "name": "web",
    "flavorRef": FLAVOR["id"],
    "block_device_mapping_v2": [ROOT],
    "networks": [{"uuid": SUBNET["network_id"]}],
    "min_count": 1,
    "max_count": 1,
}


def create(caller: Caller, **changes: Any) -> Answer:
    """Ask for an instance; a change to ... leaves the field out."""
    wanted = {key: value for key, value in (CREATE | changes).items() if value is not ...}
    return caller.post("/api/v1/instances", json={"instance": wanted})


def refused(caller: Caller, cloud: Cloud, **changes: Any) -> str:
    """The sentence with which impossible wishes are refused; nothing has been made."""
    error = refusal(create(caller, **changes), 400, "invalid_request")
    assert cloud.writes() == []
    return str(error["message"])


def asked(cloud: Cloud) -> JSON:
    """The one server that Nova was asked for."""
    (sent,) = cloud.sent("nova", "POST")
    assert sent.headers[MICROVERSION] == "compute 2.67"
    server: JSON = sent.json()["server"]
    return server
