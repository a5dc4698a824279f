# SPDX-License-Identifier: Apache-2.0
"""What must stand in Neutron for an operation on route tables or shares to succeed."""

from collections.abc import Callable
from typing import Any, Final

from tests.unit.bodies import IMAGE_MEMBER, NETWORK, ROUTER, ROUTER_PORT, SECOND_ROUTER, SUBNET
from tests.unit.cloud import Cloud, Request
from tests.unit.fake_neutron import SECOND

JSON = dict[str, Any]

_TABLE: Final = "/api/v1/route-tables/{route_table_id}"
_SHARE: Final = "/api/v1/subnets/{subnet_id}/projects/{project_id}"
_SHARE_WITH_THIRD: Final = {
    "id": "7e1d5c3b-9a2f-4608-b7d4-1c8e6f5a3b20",
    "target_tenant": IMAGE_MEMBER["member_id"],
}
_SECOND_PORT: Final = ROUTER_PORT | {
    "id": "0d6f2c1b-7e5a-4b38-9c04-8f1a3e5d7b92",
    "device_id": SECOND_ROUTER["id"],
    "fixed_ips": [{"subnet_id": SUBNET["id"], "ip_address": "10.20.15.254"}],
}


def _second_table(cloud: Cloud) -> None:
    """The VPC has a second route table without subnets."""
    routers, ports = [ROUTER, SECOND_ROUTER], [ROUTER_PORT, _SECOND_PORT]
    cloud.answer("GET", "neutron", "/routers", {"routers": routers})
    connected = f"/ports?device_owner={ROUTER_PORT['device_owner']}"
    inside = f"/ports?fixed_ips=subnet_id%3D{SUBNET['id']}"
    every = f"/ports?project_id={ROUTER_PORT['project_id']}"
    for path in (every, connected, inside):
        cloud.answer("GET", "neutron", path, {"ports": ports})
    for port in ports:
        cloud.answer("GET", "neutron", f"/ports/{port['id']}", {"port": port})
        cloud.answer("PUT", "neutron", f"/ports/{port['id']}", {"port": port})
    for change in ("add_router_interface", "remove_router_interface"):
        path = f"/routers/{SECOND_ROUTER['id']}/{change}"
        cloud.answer("PUT", "neutron", path, {"id": SECOND_ROUTER["id"]})
    cloud.answer("DELETE", "neutron", f"/routers/{SECOND_ROUTER['id']}", status=204)


def _new_table(cloud: Cloud) -> None:
    """Neutron makes a router, and a port that it can have in the subnet."""
    cloud.answer("POST", "neutron", "/routers", {"router": SECOND}, 201)
    cloud.answer("POST", "neutron", "/ports", _made_ports, 201)
    path = f"/routers/{SECOND['id']}/add_router_interface"
    cloud.answer("PUT", "neutron", path, {"id": SECOND["id"]})


def _made_ports(request: Request, _context: Any) -> JSON:
    return {"ports": [_SECOND_PORT | wanted for wanted in request.json()["ports"]]}


def _shared(cloud: Cloud) -> None:
    """The VPC is shared with the third project."""
    cloud.answer("GET", "neutron", "/rbac-policies", {"rbac_policies": [_SHARE_WITH_THIRD]})
    cloud.answer("DELETE", "neutron", f"/rbac-policies/{_SHARE_WITH_THIRD['id']}", status=204)


def _unshared(cloud: Cloud) -> None:
    """The VPC can be shared: it has one subnet."""
    cloud.answer("POST", "neutron", "/rbac-policies", {"rbac_policy": _SHARE_WITH_THIRD}, 201)
    inside = f"/subnets?network_id={NETWORK['id']}"
    cloud.answer("GET", "neutron", inside, {"subnets": [SUBNET]})


PREPARATIONS: Final[dict[str, Callable[[Cloud], None]]] = {
    "POST /api/v1/route-tables": _new_table,
    f"DELETE {_TABLE}": _second_table,
    f"PUT {_TABLE}/main": _second_table,
    f"PUT {_TABLE}/associations/{{association_id}}": _second_table,
    f"POST {_SHARE}": _unshared,
    f"DELETE {_SHARE}": _shared,
}
