# SPDX-License-Identifier: Apache-2.0
"""A Neutron on the wire that keeps networks, subnets, routers, ports and floating IPs."""

import itertools
import re
import urllib.parse
from collections.abc import Callable
from typing import Any, Final

from kic_vm.mappings.networks import router_mark, zone_tag
from tests.unit.bodies import NETWORK, ROUTER, ROUTER_PORT, SECOND_ROUTER, SUBNET
from tests.unit.cloud import URLS, Cloud, Request

JSON = dict[str, Any]

_KINDS: Final = {
    "networks": "network",
    "subnets": "subnet",
    "routers": "router",
    "ports": "port",
    "floatingips": "floatingip",
    "rbac-policies": "rbac_policy",
}
_PATH: Final = re.compile(
    re.escape(URLS["neutron"]) + rf"/({'|'.join(_KINDS)})(/[^/?]+)?(/[a-z_]+)?(\?(?!router%3A).*)?$"
)
MAIN: Final = ROUTER | {"description": router_mark(NETWORK["id"])}
SECOND: Final = SECOND_ROUTER | {"description": router_mark(NETWORK["id"])}
FIRST_SUBNET: Final = SUBNET | {
    "cidr": "10.20.0.0/24",
    "allocation_pools": [{"start": "10.20.0.6", "end": "10.20.0.254"}],
    "tags": [zone_tag("kr-central-2-a")],
}
SECOND_SUBNET: Final = FIRST_SUBNET | {
    "id": "c1f7a3d2-6b58-4e09-8d14-2f9e7b5c6a08",
    "name": "other",
    "cidr": "10.20.1.0/24",
    "gateway_ip": "10.20.1.1",
    "allocation_pools": [{"start": "10.20.1.6", "end": "10.20.1.254"}],
}


def interface(router: JSON, subnet: JSON, last: int) -> JSON:
    """The port by which a router is in a subnet, at the subnet's address of this number."""
    address = subnet["gateway_ip"].rpartition(".")[0] + f".{last}"
    return ROUTER_PORT | {
        "id": f"00000000-0000-4000-8000-{int(router['id'][:2], 16):04}{last:04}{subnet['id'][:4]}",
        "device_id": router["id"],
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": address}],
    }


class FakeNeutron:
    """One VPC with two subnets and its main route table; tests add to it.

    ``fail_at`` is the number of the write that is refused, the first being number 1. ``meanwhile``
    has what another request does just before the write of a number.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.kept: dict[str, dict[str, JSON]] = {kind: {} for kind in _KINDS}
        self.fail_at = 0
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self._writes = 0
        self._numbers = itertools.count(1)
        subnets = (FIRST_SUBNET, SECOND_SUBNET)
        self.add("networks", NETWORK)
        self.add("subnets", *subnets)
        self.add("routers", MAIN)
        self.add("ports", *(interface(MAIN, subnet, 1) for subnet in subnets))
        for method in ("GET", "POST", "PUT", "DELETE"):
            cloud.answer_pattern(method, _PATH, self._answer)

    def add(self, kind: str, *resources: JSON) -> None:
        """Keep resources."""
        for one in resources:
            self.kept[kind][one["id"]] = dict(one)

    def add_second_table(self, *, connected: bool = True) -> None:
        """A second route table, in all subnets or in none."""
        self.add("routers", SECOND)
        if connected:
            subnets = (FIRST_SUBNET, SECOND_SUBNET)
            self.add("ports", *(interface(SECOND, subnet, 2) for subnet in subnets))

    def add_route(self, router_id: str, route: JSON) -> None:
        """Add a route, as another request does."""
        router = self.kept["routers"][router_id]
        router["routes"] = [*router["routes"], route]
        router["revision_number"] += 1

    def addresses(self, router_id: str) -> list[str]:
        """The addresses of a router in the subnets."""
        return sorted(
            fixed["ip_address"]
            for port in self.kept["ports"].values()
            for fixed in port["fixed_ips"]
            if port["device_id"] == router_id
        )

    def state(self) -> JSON:
        """What there is and where, but for ids and revisions of ports."""
        return {
            "routers": {one["id"]: one["routes"] for one in self.kept["routers"].values()},
            "subnets": sorted(self.kept["subnets"]),
            "tags": self.kept["networks"][NETWORK["id"]]["tags"],
            "ports": sorted(
                (port["device_id"], port["device_owner"], port["fixed_ips"][0]["ip_address"])
                for port in self.kept["ports"].values()
            ),
        }

    def _answer(self, request: Request, context: Any) -> JSON:
        match = _PATH.match(request.url)
        assert match is not None
        kind, its_id, action = match[1], (match[2] or "").strip("/"), (match[3] or "").strip("/")
        refused = self._refused(request, kind, its_id)
        if refused is not None:
            context.status_code, error_type = refused
            return {"NeutronError": {"type": error_type, "message": "", "detail": ""}}
        if request.method == "GET":
            return self._read(kind, its_id, urllib.parse.urlsplit(request.url).query)
        if request.method == "POST":
            context.status_code = 201
            return self._create(kind, request.json())
        if request.method == "DELETE":
            context.status_code = 204
            del self.kept[kind][its_id]
            return {}
        return self._change(kind, its_id, action, request.json())

    def _refused(self, request: Request, kind: str, its_id: str) -> tuple[int, str] | None:
        """The status and the type of the error, if a request is refused."""
        if request.method != "GET":
            self._writes += 1
            self.meanwhile.get(self._writes, lambda: None)()
            if self._writes == self.fail_at:
                return 409, "Refused"
        if its_id and its_id not in self.kept[kind]:
            return 404, "NotFound"
        wanted = request.headers.get("If-Match")
        if wanted and wanted != f"revision_number={self.kept[kind][its_id]['revision_number']}":
            return 412, "RevisionNumberConstraintFailed"
        return None

    def _read(self, kind: str, its_id: str, query: str) -> JSON:
        if its_id:
            return {_KINDS[kind]: self.kept[kind][its_id]}
        wanted = urllib.parse.parse_qs(query)
        found = [one for one in self.kept[kind].values() if _matches(one, wanted)]
        return {kind.replace("-", "_"): found}

    def _create(self, kind: str, body: JSON) -> JSON:
        if kind in body:
            return {kind: [self._made(kind, one) for one in body[kind]]}
        return {_KINDS[kind]: self._made(kind, body[_KINDS[kind]])}

    def _made(self, kind: str, wanted: JSON) -> JSON:
        templates = {
            "routers": SECOND,
            "ports": ROUTER_PORT | {"device_id": "", "device_owner": "", "description": ""},
            "subnets": FIRST_SUBNET | {"tags": []},
        }
        its_id = f"10000000-0000-4000-8000-{next(self._numbers):012}"
        made = {**templates.get(kind, {}), **wanted, "id": its_id}
        self.kept[kind][its_id] = made
        return dict(made)

    def _change(self, kind: str, its_id: str, action: str, body: JSON) -> JSON:
        one = self.kept[kind][its_id]
        if "revision_number" in one:
            one["revision_number"] += 1
        if action == "tags":
            one["tags"] = body["tags"]
        elif action == "add_router_interface":
            self._connect(its_id, body)
        elif action == "remove_router_interface":
            self._disconnect(its_id, body["subnet_id"])
        else:
            one |= body[_KINDS[kind]]
            return {_KINDS[kind]: one}
        return {"id": its_id}

    def _connect(self, router_id: str, body: JSON) -> None:
        if "subnet_id" in body:
            subnet = self.kept["subnets"][body["subnet_id"]]
            fixed = {"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}
            port = self._made("ports", {"fixed_ips": [fixed], "network_id": subnet["network_id"]})
            body = {"port_id": port["id"]}
        self.kept["ports"][body["port_id"]] |= {
            "device_id": router_id,
            "device_owner": "network:router_interface",
        }

    def _disconnect(self, router_id: str, subnet_id: str) -> None:
        (port_id,) = (
            port["id"]
            for port in self.kept["ports"].values()
            if port["device_id"] == router_id and port["fixed_ips"][0]["subnet_id"] == subnet_id
        )
        del self.kept["ports"][port_id]


def _matches(resource: JSON, wanted: dict[str, list[str]]) -> bool:
    for name, values in wanted.items():
        if name == "fixed_ips":
            inside = {f"subnet_id={fixed['subnet_id']}" for fixed in resource["fixed_ips"]}
            if not inside & set(values):
                return False
        elif name not in {"fields", "marker"} and str(resource.get(name)) not in values:
            return False
    return True
