# SPDX-License-Identifier: Apache-2.0
"""A cell of the standalone OpenStack that goes down: 503 while it is down, and nothing is lost.

Only for an OpenStack with two cells (``devstack/standalone up --cells 2``).
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import openstack
import pytest

from tests.functional.client import Client
from tests.functional.second_api import deployment
from tests.functional.standalone import TOP

_ZONE: Final = "nova:kic-compute-3"  # the compute host of the second cell
_SECONDS: Final = 120


def set_cell(state: str) -> None:
    """Take the second cell down, or bring it up."""
    subprocess.run([TOP / "devstack/standalone", "cell2", state], check=True)


@pytest.fixture
def operator(cloud: Callable[[str], openstack.connection.Connection]) -> Any:
    """Nova as the cloud's administrator, who alone can choose the host."""
    return cloud("kic-operator").compute


@pytest.fixture
def server_id(standalone: object, operator: Any) -> Iterator[str]:
    """A server in the second cell, in the administrator's project."""
    if not deployment().has_second_cell:
        pytest.skip("the OpenStack has one cell: see `devstack/standalone up --cells 2`")
    flavor = next(flavor for flavor in operator.flavors() if flavor.name == "t1i.micro")
    images = operator.get("/images/detail").json()["images"]
    usable = (image for image in images if image["status"] == "ACTIVE")
    image = min(usable, key=lambda image: int(image["minDisk"]))
    body = {
        "name": "functional-second-cell",
        "flavorRef": flavor.id,
        "networks": "none",
        "availability_zone": _ZONE,
        "block_device_mapping_v2": [
            {
                "boot_index": 0,
                "source_type": "image",
                "destination_type": "volume",
                "uuid": image["id"],
                "volume_size": 2,
                "delete_on_termination": True,
            }
        ],
    }
    response = operator.post("/servers", json={"server": body}, microversion="2.37")
    assert response.status_code == 202, response.text
    made = str(response.json()["server"]["id"])
    end = time.monotonic() + _SECONDS
    while operator.get(f"/servers/{made}").json()["server"]["status"] == "BUILD":
        assert time.monotonic() < end
        time.sleep(1)
    yield made
    set_cell("up")
    operator.delete(f"/servers/{made}")


@pytest.mark.alone
def test_down_and_up(persona: Callable[[str], Client], operator: Any, server_id: str) -> None:
    """Instances and lists that need the cell are 503, other lists and the instance stay."""
    client = persona("kic-operator")
    instance = f"/api/v1/instances/{server_id}"
    needing = (instance, f"{instance}/action-logs", "/api/v1/instances", "/api/v1/usage")
    others = ("/api/v1/images", "/api/v1/flavors", "/api/v1/security-groups", "/api/v1/vpcs")
    before = client.get_instance(server_id)
    assert before["status"] == "active"
    set_cell("down")
    for path in needing:
        response = client.request("GET", path)
        assert response.status_code == 503, (path, response.text)
        assert response.json()["error"]["service"] == "compute"
    for path in others:
        assert client.request("GET", path).status_code == 200, path
    for method, path in (("POST", f"{instance}/stop"), ("DELETE", instance)):
        response = client.request(method, path)
        assert response.status_code in {502, 503}, response.text
        assert response.json()["error"]["service"] == "compute"
    set_cell("up")
    end = time.monotonic() + _SECONDS
    while client.request("GET", instance).status_code != 200:
        assert time.monotonic() < end
        time.sleep(1)
    assert client.get_instance(server_id)["status"] == "active"
    listed = client.get("/api/v1/instances", limit=1000)["instances"]
    assert server_id in {item["id"] for item in listed}
