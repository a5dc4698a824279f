# SPDX-License-Identifier: Apache-2.0
"""Neutron: routers and their interfaces."""

from collections.abc import Mapping
from typing import Any, Final

from kic_vm.adapters.network.conditional_writes import ConditionalWrites
from kic_vm.adapters.paths import path
from kic_vm.resources.network import Port, Router, RouterChanges, RouterRequest

# The device owners of router interfaces, by the kind of router.
ROUTER_INTERFACES: Final = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
]


class Routers(ConditionalWrites):
    """The part of the network service that manages routers."""

    def list_routers(self) -> list[Router]:
        """The project's routers."""
        return self.list_all("routers", project_id=self._context.project_id)

    def list_described_routers(self, description: str) -> list[Router]:
        """The project's routers with exactly this description."""
        return self.list_all(
            "routers", project_id=self._context.project_id, description=description
        )

    def get_router(self, router_id: str) -> Router:
        """One router; with a cloud admin's token, it can belong to another project."""
        router: Router = self.json("GET", path("routers", router_id))["router"]
        return router

    def create_router(self, router: RouterRequest) -> Router:
        """Create a router of the project."""
        created: Router = self.json("POST", "/routers", json={"router": router})["router"]
        return created

    def update_router(self, router: Router, changes: RouterChanges) -> Router:
        """Change a router; returns the whole router.

        :param router: the router as it was read
        :raises Conflict: the routes are to change, and another request has changed the router since
            it was read
        """
        # No revision check for gateway changes: Neutron writes the router first, and then fails it.
        if "external_gateway_info" in changes:
            return self._update_router(router["id"], changes)
        updated: Router = self._update_unchanged("router", router, changes)
        return updated

    def rename_router(self, router_id: str, name: str) -> Router:
        """Rename a router; returns the whole router."""
        return self._update_router(router_id, {"name": name})

    def _update_router(self, router_id: str, changes: Mapping[str, Any]) -> Router:
        updated: Router = self.json("PUT", path("routers", router_id), json={"router": changes})[
            "router"
        ]
        return updated

    def delete_router(self, router_id: str) -> None:
        """Delete a router.

        :raises Conflict: it is connected to a subnet
        """
        self.request("DELETE", path("routers", router_id))

    def connect_subnet(self, router_id: str, subnet_id: str) -> None:
        """Make a router the gateway of a subnet."""
        address = path("routers", router_id, "add_router_interface")
        self.request("PUT", address, json={"subnet_id": subnet_id})

    def connect_port(self, router_id: str, port_id: str) -> None:
        """Connect a free port to a router; it becomes the router's interface."""
        address = path("routers", router_id, "add_router_interface")
        self.request("PUT", address, json={"port_id": port_id})

    def disconnect_subnet(self, router_id: str, subnet_id: str) -> None:
        """Disconnect a router from a subnet.

        :raises Conflict: a floating IP or a route needs it
        """
        address = path("routers", router_id, "remove_router_interface")
        self.request("PUT", address, json={"subnet_id": subnet_id})

    def list_router_interfaces(self) -> list[Port]:
        """The interface ports of the project's routers."""
        return self.list_all(
            "ports", project_id=self._context.project_id, device_owner=ROUTER_INTERFACES
        )
