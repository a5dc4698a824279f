# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance, as Neutron and Nova show them."""

from typing import Any

from tests.unit.bodies import (
    FREE_PORT,
    INSTANCE,
    PORT,
    SERVER,
)
from tests.unit.cloud import Cloud
from tests.unit.populated import show_server

JSON = dict[str, Any]
ALL = f"{INSTANCE}/network-interfaces"
FIRST = f"{ALL}/{PORT['id']}"
FREE = f"{ALL}/{FREE_PORT['id']}"
OLD = "2020-01-01T00:00:00Z"


def with_ports(cloud: Cloud, *ports: JSON) -> None:
    """Neutron shows these as the server's ports."""
    path = f"/ports?project_id={PORT['project_id']}&device_id={SERVER['id']}"
    cloud.answer("GET", "neutron", path, {"ports": list(ports)})


def with_addresses(cloud: Cloud, *ports: JSON) -> None:
    """Nova shows the server with the addresses of these ports, in its order."""
    shown = [
        {
            "version": 4,
            "addr": port["fixed_ips"][0]["ip_address"],
            "OS-EXT-IPS:type": "fixed",
            "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
        }
        for port in ports
    ]
    cloud.answer(
        "GET",
        "nova",
        f"/servers/{SERVER['id']}",
        lambda request, context: show_server(request, context, addresses={"private": shown}),
    )
