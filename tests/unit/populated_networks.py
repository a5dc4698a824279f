# SPDX-License-Identifier: Apache-2.0
"""The networks around the recorded server, as Neutron tells of them and lets them be changed."""

import functools
import urllib.parse
from typing import Any, Final

from kic_vm.mappings.networks import router_mark
from tests.unit.bodies import (
    FREE_PORT,
    NETWORK,
    OTHER_GROUP,
    ROUTER,
    ROUTER_PORT,
    RULE,
    SUBNET,
    body,
)
from tests.unit.cloud import Cloud, Request

JSON = dict[str, Any]

NEW_NETWORK: Final = NETWORK | {"id": "fa28e85f-348b-4d4d-9d32-0ee29bc6d730"}
NEW_SUBNET: Final = SUBNET | {
    "id": "0777d8e2-5dc9-429a-a8d6-3d428c3d30b9",
    "network_id": NEW_NETWORK["id"],
}


def populate_networks(cloud: Cloud) -> None:
    """Have Neutron answer about VPCs and what is in them."""
    networks = [NETWORK, body("vpc_public_network")["network"]]
    cloud.answer("GET", "neutron", "/networks", {"networks": networks})
    cloud.answer("POST", "neutron", "/networks", {"network": NEW_NETWORK}, 201)
    cloud.answer("GET", "neutron", "/routers", {"routers": [ROUTER]})
    marked = f"/routers?description={urllib.parse.quote_plus(router_mark(NETWORK['id']))}"
    cloud.answer("GET", "neutron", marked, {"routers": []})
    cloud.answer("POST", "neutron", "/routers", {"router": ROUTER}, 201)
    subnets = body("subnets")["subnets"]
    cloud.answer("GET", "neutron", "/subnets", {"subnets": subnets})
    cloud.answer("POST", "neutron", "/subnets", {"subnet": NEW_SUBNET}, 201)
    for kind, key, every in (
        ("networks", "network", [*networks, NEW_NETWORK]),
        ("subnets", "subnet", [*subnets, NEW_SUBNET]),
        ("routers", "router", [ROUTER]),
    ):
        for one in every:
            path = f"/{kind}/{one['id']}"
            cloud.answer("GET", "neutron", path, {key: one})
            cloud.answer("PUT", "neutron", path, functools.partial(_changed, key, one))
            cloud.answer("PUT", "neutron", f"{path}/tags", {"tags": one["tags"]})
            cloud.answer("DELETE", "neutron", path, status=204)
    for change in ("add_router_interface", "remove_router_interface"):
        cloud.answer("PUT", "neutron", f"/routers/{ROUTER['id']}/{change}", {"id": ROUTER["id"]})
    cloud.answer("GET", "neutron", "/rbac-policies", {"rbac_policies": []})
    connected = f"/ports?device_owner={ROUTER_PORT['device_owner']}"
    cloud.answer("GET", "neutron", connected, {"ports": [ROUTER_PORT]})
    cloud.answer("GET", "neutron", f"/ports?network_id={NETWORK['id']}", {"ports": [ROUTER_PORT]})
    inside = f"/ports?fixed_ips=subnet_id%3D{SUBNET['id']}"
    cloud.answer("GET", "neutron", inside, {"ports": [ROUTER_PORT]})
    cloud.answer("DELETE", "neutron", f"/ports/{FREE_PORT['id']}", status=204)
    _security_groups(cloud)


def _changed(key: str, resource: JSON, request: Request, _context: Any) -> JSON:
    """What is changed, as Neutron answers it."""
    return {key: resource | request.json()[key]}


def _security_groups(cloud: Cloud) -> None:
    group = body("security_group")
    empty = group["security_group"] | {"security_group_rules": []}
    path = f"/security-groups/{OTHER_GROUP}"
    cloud.answer("GET", "neutron", "/security-groups", body("security_groups"))
    cloud.answer("POST", "neutron", "/security-groups", {"security_group": empty}, 201)
    cloud.answer("GET", "neutron", path, group)
    cloud.answer("PUT", "neutron", path, group)
    cloud.answer("DELETE", "neutron", path, status=204)
    made = {"security_group_rules": [RULE]}
    cloud.answer("POST", "neutron", "/security-group-rules", made, 201)
    cloud.answer("DELETE", "neutron", f"/security-group-rules/{RULE['id']}", status=204)
