# SPDX-License-Identifier: Apache-2.0
"""Bring a project back to what an earlier inventory of it has."""

import time
from typing import Any, Final

from keystoneauth1 import exceptions as ksa_exceptions

from kic_vm.operations.networks.router_interfaces import PENDING
from tests.faults.inventory import Inventory, Reader, ReadingError

JSON = dict[str, Any]
_SECONDS: Final = 120
_PAUSE: Final = 0.5
# In this order: what refers to others goes first.
_PLAIN: Final = (
    ("server", "compute", "/servers/{id}"),
    ("floating IP", "network", "/floatingips/{id}"),
    ("image member", "image", "/images/{image_id}/members/{member_id}"),
    ("image", "image", "/images/{id}"),
    ("snapshot", "block_storage", "/snapshots/{id}"),
    ("keypair", "compute", "/os-keypairs/{name}?user_id={user_id}"),
    ("share", "network", "/rbac-policies/{id}"),
    ("subnet", "network", "/subnets/{id}"),
    ("network", "network", "/networks/{id}"),
    ("security group", "network", "/security-groups/{id}"),
)


class LeftoversError(Exception):
    """Some things of a project cannot be removed."""


class Removal:
    """Removes from a project what is not in its baseline."""

    def __init__(self, reader: Reader, baseline: Inventory) -> None:
        self._reader = reader
        self._baseline = baseline

    def run(self) -> None:
        """Remove it all.

        :raises LeftoversError: some of it is still there after two minutes
        """
        end = time.monotonic() + _SECONDS
        while remaining := self._remove_once():
            if time.monotonic() > end:
                raise LeftoversError(remaining)
            time.sleep(_PAUSE)

    def _remove_once(self) -> str:
        """Ask for the removal of all that is there; what that was, empty if nothing."""
        try:
            inventory = self._reader.read()
            remaining = [
                f"{kind} {item_id}"
                for kind in inventory.items.keys() - {"action"}
                for item_id in inventory.items[kind].keys() - self._baseline.items[kind].keys()
            ]
            if remaining or inventory.facts != self._baseline.facts:
                self._remove_extras(inventory)
        except (ksa_exceptions.ClientException, ReadingError) as error:
            return str(error)  # a service that has much to do, or is being restarted
        return ", ".join(remaining)

    def _remove_extras(self, inventory: Inventory) -> None:
        self._free_baseline(inventory)
        self._free_routers(inventory)
        for router in inventory.extra_items("router", self._baseline):
            self._remove_router(router, inventory)
        for port in inventory.extra_items("port", self._baseline):
            if port["device_owner"] in {"", PENDING}:
                self._call("network", "DELETE", f"/ports/{port['id']}")
        for volume in inventory.extra_items("volume", self._baseline):
            if volume["status"] in {"available", "error", "error_extending", "error_restoring"}:
                self._call("block_storage", "DELETE", f"/volumes/{volume['id']}")
        for role in inventory.extra_items("role", self._baseline):
            grant = f"users/{role['user']['id']}/roles/{role['role']['id']}"
            self._call("identity", "DELETE", f"/projects/{self._reader.project_id}/{grant}")
        for kind, service, path in _PLAIN:
            for item in inventory.extra_items(kind, self._baseline):
                if item.get("name") != "default" or kind != "security group":
                    self._call(service, "DELETE", path.format(**item))

    def _free_baseline(self, inventory: Inventory) -> None:
        """Take from the servers and ports of the baseline what they had not then."""
        for server_id in self._baseline.items["server"]:
            server = inventory.items["server"].get(server_id, {})
            for attached in server.get("os-extended-volumes:volumes_attached", []):
                if attached["id"] not in self._baseline.items["volume"]:
                    path = f"/servers/{server_id}/os-volume_attachments/{attached['id']}"
                    self._call("compute", "DELETE", path)
        for port in inventory.extra_items("port", self._baseline):
            if port["device_id"] in self._baseline.items["server"]:
                path = f"/servers/{port['device_id']}/os-interface/{port['id']}"
                self._call("compute", "DELETE", path)
        for port_id, port in self._baseline.items["port"].items():
            groups = inventory.items["port"].get(port_id, port)["security_groups"]
            if set(groups) != set(port["security_groups"]):
                body = {"port": {"security_groups": port["security_groups"]}}
                self._call("network", "PUT", f"/ports/{port_id}", body)

    def _free_routers(self, inventory: Inventory) -> None:
        """Take from the routers of the baseline what they had not then."""
        for router_id, router in self._baseline.items["router"].items():
            routes = inventory.items["router"].get(router_id, router)["routes"]
            if routes != router["routes"]:
                body = {"router": {"routes": router["routes"]}}
                self._call("network", "PUT", f"/routers/{router_id}", body)
        for port in inventory.extra_items("port", self._baseline):
            if port["device_id"] in self._baseline.items["router"]:
                self._remove_router_interface(port)

    def _remove_router(self, router: JSON, inventory: Inventory) -> None:
        path = f"/routers/{router['id']}"
        if router["routes"]:
            self._call("network", "PUT", path, {"router": {"routes": []}})
        for port in inventory.items["port"].values():
            if port["device_id"] == router["id"] and "router_interface" in port["device_owner"]:
                self._remove_router_interface(port)
        self._call("network", "DELETE", path)

    def _remove_router_interface(self, port: JSON) -> None:
        path = f"/routers/{port['device_id']}/remove_router_interface"
        self._call("network", "PUT", path, {"port_id": port["id"]})

    def _call(self, service: str, method: str, path: str, body: JSON | None = None) -> None:
        """Any answer will do: what is still there is tried again."""
        adapter = getattr(self._reader.operator, service)
        microversion = "2.35" if service == "compute" else None
        adapter.request(path, method, json=body, microversion=microversion, raise_exc=False)
