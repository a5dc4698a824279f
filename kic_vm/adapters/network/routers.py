"""Neutron: networks, subnets, routers and router interfaces."""

from collections.abc import Iterable
from typing import Final

from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.paths import path
from kic_vm.adapters.service import JSON

# The device owners of router interfaces, by the kind of router.
ROUTER_INTERFACES: Final = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
]


class Networks(NetworkLists):
    """The network service, called on behalf of one caller."""

    def list_networks(self) -> list[JSON]:
        """All networks visible to the caller; for cloud admins, those of all projects."""
        return self.list_all("networks")

    def get_network(self, network_id: str) -> JSON:
        """One network; with a cloud admin's token, it can belong to another project."""
        found: JSON = self.json("GET", path("networks", network_id))["network"]
        return found

    def list_described_networks(self, description: str) -> list[JSON]:
        """The project's networks with exactly this description."""
        return self.list_all(
            "networks", project_id=self._context.project_id, description=description
        )

    def create_network(self, network: JSON) -> JSON:
        """Create a network of the project."""
        created: JSON = self.json("POST", "/networks", json={"network": network})["network"]
        return created

    def rename_network(self, network_id: str, name: str) -> JSON:
        """Rename a network; returns the whole network."""
        updated: JSON = self.json(
            "PUT", path("networks", network_id), json={"network": {"name": name}}
        )["network"]
        return updated

    def delete_network(self, network_id: str) -> None:
        """Delete a network with its subnets.

        :raises Conflict: it contains ports
        """
        self.request("DELETE", path("networks", network_id))

    def set_tags(self, kind: str, resource_id: str, tags: Iterable[str]) -> None:
        """Replace all tags of a resource.

        This is a separate call, since few Neutron versions accept tags at creation.

        :param kind: ``networks`` or ``subnets``
        """
        self.request("PUT", path(kind, resource_id, "tags"), json={"tags": sorted(tags)})

    def list_subnets(self, network_id: str | None = None) -> list[JSON]:
        """All subnets visible to the caller, or those of one network."""
        return self.list_all("subnets", network_id=network_id)

    def list_described_subnets(self, description: str, network_id: str) -> list[JSON]:
        """The subnets of a network with exactly this description."""
        return self.list_all("subnets", network_id=network_id, description=description)

    def get_subnet(self, subnet_id: str) -> JSON:
        """One subnet; with a cloud admin's token, it can belong to another project."""
        found: JSON = self.json("GET", path("subnets", subnet_id))["subnet"]
        return found

    def create_subnet(self, subnet: JSON) -> JSON:
        """Create a subnet of a network.

        :raises Conflict: it overlaps with another subnet of the network
        """
        created: JSON = self.json("POST", "/subnets", json={"subnet": subnet})["subnet"]
        return created

    def rename_subnet(self, subnet_id: str, name: str) -> JSON:
        """Rename a subnet; returns the whole subnet."""
        updated: JSON = self.json(
            "PUT", path("subnets", subnet_id), json={"subnet": {"name": name}}
        )["subnet"]
        return updated

    def delete_subnet(self, subnet_id: str) -> None:
        """Delete a subnet.

        :raises Conflict: it contains ports
        """
        self.request("DELETE", path("subnets", subnet_id))

    def list_routers(self) -> list[JSON]:
        """The project's routers."""
        return self.list_all("routers", project_id=self._context.project_id)

    def list_described_routers(self, description: str) -> list[JSON]:
        """The project's routers with exactly this description."""
        return self.list_all(
            "routers", project_id=self._context.project_id, description=description
        )

    def create_router(self, router: JSON) -> JSON:
        """Create a router of the project."""
        created: JSON = self.json("POST", "/routers", json={"router": router})["router"]
        return created

    def update_router(self, router: JSON, changes: JSON) -> JSON:
        """Change a router; returns the whole router.

        :param router: the router as it was read
        :raises Conflict: the routes are to change, and the router has changed since it was read
        """
        # No revision check for gateway changes: Neutron writes the router first, and then fails it.
        guard = {"If-Match": f"revision_number={router['revision_number']}"}
        updated: JSON = self.json(
            "PUT",
            path("routers", router["id"]),
            json={"router": changes},
            headers={} if "external_gateway_info" in changes else guard,
        )["router"]
        return updated

    def rename_router(self, router_id: str, name: str) -> JSON:
        """Rename a router; returns the whole router."""
        updated: JSON = self.json(
            "PUT", path("routers", router_id), json={"router": {"name": name}}
        )["router"]
        return updated

    def set_routes(self, router_id: str, routes: list[JSON]) -> None:
        """Replace all routes of a router, without a check for concurrent changes."""
        self.request("PUT", path("routers", router_id), json={"router": {"routes": routes}})

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

    def list_router_interfaces(self) -> list[JSON]:
        """The interface ports of the project's routers."""
        return self.list_all(
            "ports", project_id=self._context.project_id, device_owner=ROUTER_INTERFACES
        )

    def list_ports(self) -> list[JSON]:
        """All ports of the project, including Neutron's own."""
        return self.list_all("ports", project_id=self._context.project_id)

    def list_described_ports(self, description: str) -> list[JSON]:
        """The project's ports with exactly this description."""
        return self.list_all("ports", project_id=self._context.project_id, description=description)

    def list_ports_in(
        self, *, network_id: str | None = None, subnet_id: str | None = None
    ) -> list[JSON]:
        """All ports in a network or a subnet; its owner also sees those of other projects."""
        fixed_ips = f"subnet_id={subnet_id}" if subnet_id else None
        return self.list_all("ports", network_id=network_id, fixed_ips=fixed_ips)

    def create_port(self, port: JSON) -> JSON:
        """Create a port."""
        created: JSON = self.json("POST", "/ports", json={"port": port})["port"]
        return created

    def delete_port(self, port: JSON) -> None:
        """Delete a port.

        :param port: the port as it was read
        :raises Conflict: the port has changed since it was read
        """
        self.request(
            "DELETE",
            path("ports", port["id"]),
            headers={"If-Match": f"revision_number={port['revision_number']}"},
        )

    def list_shares_of(self, network_id: str) -> list[JSON]:
        """The shares of a network of the caller: ``id`` and ``target_tenant`` of each.

        The ``target_tenant`` is a project's id, or ``*`` for all projects.
        """
        return self.list_all(
            "rbac-policies",
            object_type="network",
            object_id=network_id,
            action="access_as_shared",
            fields=["id", "target_tenant"],
        )

    def share_network(self, network_id: str, project_id: str) -> JSON:
        """Let another project use a network.

        :raises Conflict: the project can already use the network
        """
        policy = {
            "object_type": "network",
            "object_id": network_id,
            "action": "access_as_shared",
            "target_tenant": project_id,
        }
        created: JSON = self.json("POST", "/rbac-policies", json={"rbac_policy": policy})[
            "rbac_policy"
        ]
        return created

    def delete_share(self, share_id: str) -> None:
        """Stop sharing a network with a project.

        :raises Conflict: the project has ports in it
        """
        self.request("DELETE", path("rbac-policies", share_id))
