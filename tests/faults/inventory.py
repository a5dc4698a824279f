# SPDX-License-Identifier: Apache-2.0
"""What a project has in OpenStack, as the cloud's operator sees it."""

import collections
import dataclasses
import time
from collections.abc import Iterable
from typing import Any, Final

import openstack

from tests.functional.instances import CINDER_RACE

JSON = dict[str, Any]
Fact = tuple[str, str]
Items = dict[str, dict[str, JSON]]

_PAUSE: Final = 0.3  # seconds, before something new is seen everywhere
_LONGEST_PAUSE: Final = 2  # a reading costs 13 calls, which others wait for
_VOLUMES_AT_REST: Final = frozenset({"available", "in-use", "reserved", "error", "error_deleting"})
_IMAGES_UNDER_WAY: Final = frozenset({"saving", "importing", "uploading"})


class ReadingError(Exception):
    """A service did not show what the project has."""


@dataclasses.dataclass(frozen=True)
class Inventory:
    """One reading of a project."""

    items: Items
    """Kind -> id -> the item as its service shows it."""
    facts: frozenset[Fact]
    """What is so: a kind of fact, and about what it is."""
    is_settled: bool
    """Nothing is under way."""
    has_cinder_race: bool
    """A server is in ERROR by a fault of Cinder's own, so nothing can be concluded."""

    def difference(self, before: "Inventory") -> "Difference":
        """What has become so, and what is so no longer, since another reading."""
        return Difference(
            collections.Counter(kind for kind, _about in self.facts - before.facts),
            collections.Counter(kind for kind, _about in before.facts - self.facts),
        )

    def ids(self) -> set[str]:
        """The ids of all items, and of the parts of them that have ids."""
        return {part for _kind, about in self.facts for part in about.split("/")}

    def extra_items(self, kind: str, baseline: "Inventory") -> list[JSON]:
        """The items of a kind that another reading does not have."""
        known = baseline.items[kind]
        return [item for item_id, item in self.items[kind].items() if item_id not in known]


@dataclasses.dataclass(frozen=True)
class Difference:
    """How many facts of each kind have come and gone between two readings."""

    come: collections.Counter[str]
    gone: collections.Counter[str]

    def described(self) -> str:
        """For people: ``+1 server, +1 port, -1 route``."""
        parts = [f"+{count} {kind}" for kind, count in sorted(self.come.items())]
        parts += [f"-{count} {kind}" for kind, count in sorted(self.gone.items())]
        return ", ".join(parts) or "nothing"


class Reader:
    """Reads the inventory of a project.

    :param user_ids: the users whose keypairs count
    """

    def __init__(
        self,
        operator: openstack.connection.Connection,
        project_id: str,
        user_ids: Iterable[str],
    ) -> None:
        self.operator = operator
        self.project_id = project_id
        self._user_ids = list(user_ids)

    def read(self) -> Inventory:
        """The inventory now.

        :raises ReadingError: a service does not show it
        """
        items = self._items()
        servers, volumes = items["server"].values(), items["volume"].values()
        is_settled = (
            all(
                server["OS-EXT-STS:task_state"] is None and server["status"] != "BUILD"
                for server in servers
            )
            and all(volume["status"] in _VOLUMES_AT_REST for volume in volumes)
            and all(item["status"] in {"available", "error"} for item in items["snapshot"].values())
            and all(item["status"] not in _IMAGES_UNDER_WAY for item in items["image"].values())
        )
        faults = [str(server.get("fault", {}).get("message", "")) for server in servers]
        return Inventory(
            items,
            frozenset(_facts(items)),
            is_settled,
            any(CINDER_RACE in fault for fault in faults),
        )

    def read_settled(self, seconds: float, pause: float = 0) -> Inventory:
        """The inventory when nothing is under way, or at the end of the time.

        :param pause: two readings so many seconds apart have to agree
        """
        end = time.monotonic() + seconds
        before = self.read() if pause else None
        next_pause = pause or _PAUSE
        while True:
            time.sleep(next_pause)
            inventory = self.read()
            is_same = before is None or inventory.facts == before.facts
            if (inventory.is_settled and is_same) or time.monotonic() > end:
                return inventory
            before = inventory if pause else None
            next_pause = min(2 * next_pause, _LONGEST_PAUSE)

    def _items(self) -> Items:
        ours, everywhere = f"project_id={self.project_id}", "all_tenants=1&limit=1000"
        listed = {
            "server": self._list("compute", f"/servers/detail?{everywhere}&{ours}", "2.26"),
            "volume": self._list("block_storage", f"/volumes/detail?{everywhere}&{ours}", "3.0"),
            "snapshot": self._list(
                "block_storage", f"/snapshots/detail?{everywhere}&{ours}", "3.0"
            ),
            "image": self._list("image", f"/images?limit=1000&owner={self.project_id}"),
            "port": self._list("network", f"/ports?{ours}"),
            "floating IP": self._list("network", f"/floatingips?{ours}"),
            "security group": self._list("network", f"/security-groups?{ours}"),
            "network": self._list("network", f"/networks?{ours}"),
            "subnet": self._list("network", f"/subnets?{ours}"),
            "router": self._list("network", f"/routers?{ours}"),
            "share": self._list("network", f"/rbac-policies?action=access_as_shared&{ours}"),
        }
        items = {kind: {item["id"]: item for item in listing} for kind, listing in listed.items()}
        items["keypair"] = self._keypairs()
        items["role"] = self._roles()
        items["image member"] = self._image_members(items["image"])
        items["action"] = self._actions(items["server"])
        return items

    def _get(self, service: str, path: str, microversion: str | None = None) -> JSON:
        adapter = getattr(self.operator, service)
        response = adapter.get(path, microversion=microversion)
        if response.status_code == 404:  # it has gone meanwhile
            return {}
        if response.status_code != 200:
            raise ReadingError(f"{path}: {response.text[:300]}")
        content: JSON = response.json()
        return content

    def _list(self, service: str, path: str, microversion: str | None = None) -> list[JSON]:
        content = self._get(service, path, microversion)
        (items,) = (value for key, value in content.items() if _is_list_key(key, value))
        return list(items)

    def _keypairs(self) -> dict[str, JSON]:
        keypairs = {}
        for user_id in self._user_ids:
            for item in self._list("compute", f"/os-keypairs?user_id={user_id}", "2.35"):
                name = item["keypair"]["name"]
                keypairs[f"{user_id}/{name}"] = {"user_id": user_id, "name": name}
        return keypairs

    def _roles(self) -> dict[str, JSON]:
        path = f"/role_assignments?scope.project.id={self.project_id}"
        return {
            f"{item['user']['id']}/{item['role']['id']}": item
            for item in self._list("identity", path)
            if "user" in item
        }

    def _image_members(self, images: dict[str, JSON]) -> dict[str, JSON]:
        members = {}
        for image_id, image in images.items():
            if image["visibility"] == "shared":
                content = self._get("image", f"/images/{image_id}/members")
                for member in content.get("members", []):
                    members[f"{image_id}/{member['member_id']}"] = member
        return members

    def _actions(self, servers: dict[str, JSON]) -> dict[str, JSON]:
        actions = {}
        for server_id in servers:
            content = self._get("compute", f"/servers/{server_id}/os-instance-actions", "2.26")
            for action in content.get("instanceActions", []):
                actions[f"{server_id}/{action['request_id']}/{action['action']}"] = action
        return actions


def _is_list_key(key: str, value: object) -> bool:
    return isinstance(value, list) and not key.endswith("links")


def _facts(items: Items) -> Iterable[Fact]:
    for kind in items.keys() - {"action"}:
        for item_id in items[kind]:
            yield kind, item_id
    for key, action in items["action"].items():
        yield f"action {action['action']}", key
    yield from _facts_of_servers(items["server"])
    yield from _facts_of_volumes(items["volume"])
    for image_id, image in items["image"].items():
        yield "visibility of an image", f"{image_id}/{image['visibility']}"
    yield from _facts_of_ports(items["port"])
    yield from _facts_of_routers(items["router"])
    for address_id, address in items["floating IP"].items():
        if address["port_id"]:
            yield "associated floating IP", f"{address_id}/{address['port_id']}"
    for group in items["security group"].values():
        for rule in group["security_group_rules"]:
            yield "security group rule", rule["id"]


def _facts_of_servers(servers: dict[str, JSON]) -> Iterable[Fact]:
    for server_id, server in servers.items():
        yield "flavor of a server", f"{server_id}/{server['flavor']['id']}"
        if server["status"] == "ERROR":
            yield "server in ERROR", server_id
        for attached in server["os-extended-volumes:volumes_attached"]:
            yield "attached volume", f"{server_id}/{attached['id']}"


def _facts_of_volumes(volumes: dict[str, JSON]) -> Iterable[Fact]:
    for volume_id, volume in volumes.items():
        yield "size of a volume", f"{volume_id}/{volume['size']}"
        if volume["status"].startswith("error"):
            yield "volume in error", volume_id


def _facts_of_ports(ports: dict[str, JSON]) -> Iterable[Fact]:
    for port_id, port in ports.items():
        if port["device_owner"].startswith("compute:"):
            yield "attached port", f"{port['device_id']}/{port_id}"
        for group_id in port["security_groups"]:
            yield "security group of a port", f"{port_id}/{group_id}"


def _facts_of_routers(routers: dict[str, JSON]) -> Iterable[Fact]:
    for router_id, router in routers.items():
        for route in router["routes"]:
            yield "route", f"{router_id}/{route['destination']}"
        if router["external_gateway_info"]:
            yield "gateway of a router", router_id
