"""Neutron: networks, subnets, routers and what connects them."""

from collections.abc import Iterable
from typing import Final

from kic_vm.adapters.connection import JSON, path
from kic_vm.adapters.network_lists import NetworkLists

# Who has a port that connects a subnet to a router, by the kind of router.
ROUTER_INTERFACES: Final = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
]


class Networks(NetworkLists):
    """The network service in the name of one caller."""

    def list_networks(self) -> list[JSON]:
        """All networks that the caller sees, with a cloud admin's token everybody's."""
        return self.list_all("networks")

    def get_network(self, network_id: str) -> JSON:
        """One network; with a cloud admin's token it may be another project's."""
        found: JSON = self.json("GET", path("networks", network_id))["network"]
        return found

    def list_described_networks(self, description: str) -> list[JSON]:
        """The project's networks of this very description."""
        return self.list_all(
            "networks", project_id=self._context.project_id, description=description
        )

    def create_network(self, network: JSON) -> JSON:
        """A network of the project."""
        created: JSON = self.json("POST", "/networks", json={"network": network})["network"]
        return created

    def rename_network(self, network_id: str, name: str) -> JSON:
        """Give a network another name; the answer is the whole network."""
        updated: JSON = self.json(
            "PUT", path("networks", network_id), json={"network": {"name": name}}
        )["network"]
        return updated

    def delete_network(self, network_id: str) -> None:
        """Remove a network with its subnets.

        :raises Conflict: there are ports in it
        """
        self.request("DELETE", path("networks", network_id))

    def set_tags(self, kind: str, resource_id: str, tags: Iterable[str]) -> None:
        """Give a resource these tags and no others.

        A call of its own, since few Neutrons take tags when a resource is made.

        :param kind: ``networks`` or ``subnets``
        """
        self.request("PUT", path(kind, resource_id, "tags"), json={"tags": sorted(tags)})

    def list_subnets(self, network_id: str | None = None) -> list[JSON]:
        """All subnets that the caller sees, or those of one network."""
        return self.list_all("subnets", network_id=network_id)

    def list_described_subnets(self, description: str, network_id: str) -> list[JSON]:
        """The subnets of a network that have this very description."""
        return self.list_all("subnets", network_id=network_id, description=description)

    def get_subnet(self, subnet_id: str) -> JSON:
        """One subnet; with a cloud admin's token it may be another project's."""
        found: JSON = self.json("GET", path("subnets", subnet_id))["subnet"]
        return found

    def create_subnet(self, subnet: JSON) -> JSON:
        """A subnet of a network.

        :raises Conflict: it overlaps with another one of the network
        """
        created: JSON = self.json("POST", "/subnets", json={"subnet": subnet})["subnet"]
        return created

    def rename_subnet(self, subnet_id: str, name: str) -> JSON:
        """Give a subnet another name; the answer is the whole subnet."""
        updated: JSON = self.json(
            "PUT", path("subnets", subnet_id), json={"subnet": {"name": name}}
        )["subnet"]
        return updated

    def delete_subnet(self, subnet_id: str) -> None:
        """Remove a subnet.

        :raises Conflict: there are ports in it
        """
        self.request("DELETE", path("subnets", subnet_id))

    def list_routers(self) -> list[JSON]:
        """The project's routers."""
        return self.list_all("routers", project_id=self._context.project_id)

    def list_described_routers(self, description: str) -> list[JSON]:
        """The project's routers of this very description."""
        return self.list_all(
            "routers", project_id=self._context.project_id, description=description
        )

    def create_router(self, router: JSON) -> JSON:
        """A router of the project."""
        created: JSON = self.json("POST", "/routers", json={"router": router})["router"]
        return created

    def update_router(self, router: JSON, changes: JSON) -> JSON:
        """Change a router; the answer is the whole router.

        :param router: as it was read
        :raises Conflict: its routes are to be changed, and it has changed since then
        """
        # Neutron writes the router once for the gateway, and then finds that it has changed.
        guard = {"If-Match": f"revision_number={router['revision_number']}"}
        updated: JSON = self.json(
            "PUT",
            path("routers", router["id"]),
            json={"router": changes},
            headers={} if "external_gateway_info" in changes else guard,
        )["router"]
        return updated

    def rename_router(self, router_id: str, name: str) -> JSON:
        """Give a router another name; the answer is the whole router."""
        updated: JSON = self.json(
            "PUT", path("routers", router_id), json={"router": {"name": name}}
        )["router"]
        return updated

    def set_routes(self, router_id: str, routes: list[JSON]) -> None:
        """Give a router these routes and no others, however it has changed."""
        self.request("PUT", path("routers", router_id), json={"router": {"routes": routes}})

    def delete_router(self, router_id: str) -> None:
        """Remove a router.

        :raises Conflict: it is connected to a subnet
        """
        self.request("DELETE", path("routers", router_id))

    def connect_subnet(self, router_id: str, subnet_id: str) -> None:
        """Make a router the gateway of a subnet."""
        address = path("routers", router_id, "add_router_interface")
        self.request("PUT", address, json={"subnet_id": subnet_id})

    def connect_port(self, router_id: str, port_id: str) -> None:
        """Give a router a port that no device has; it becomes the router's interface."""
        address = path("routers", router_id, "add_router_interface")
        self.request("PUT", address, json={"port_id": port_id})

    def disconnect_subnet(self, router_id: str, subnet_id: str) -> None:
        """Take a router out of a subnet.

        :raises Conflict: a floating IP or a route needs it
        """
        address = path("routers", router_id, "remove_router_interface")
        self.request("PUT", address, json={"subnet_id": subnet_id})

    def list_router_interfaces(self) -> list[JSON]:
        """The ports by which the project's routers are in subnets."""
        return self.list_all(
            "ports", project_id=self._context.project_id, device_owner=ROUTER_INTERFACES
        )

    def list_ports(self) -> list[JSON]:
        """Every port of the project, Neutron's own in it included."""
        return self.list_all("ports", project_id=self._context.project_id)

    def list_described_ports(self, description: str) -> list[JSON]:
        """The project's ports of this very description."""
        return self.list_all("ports", project_id=self._context.project_id, description=description)

    def list_ports_in(
        self, *, network_id: str | None = None, subnet_id: str | None = None
    ) -> list[JSON]:
        """Every port in a network or a subnet; to its owner those of other projects, too."""
        fixed_ips = f"subnet_id={subnet_id}" if subnet_id else None
        return self.list_all("ports", network_id=network_id, fixed_ips=fixed_ips)

    def create_port(self, port: JSON) -> JSON:
        """A port."""
        created: JSON = self.json("POST", "/ports", json={"port": port})["port"]
        return created

    def delete_port(self, port: JSON) -> None:
        """Remove a port.

        :param port: as it was read
        :raises Conflict: it has changed since then
        """
        self.request(
            "DELETE",
            path("ports", port["id"]),
            headers={"If-Match": f"revision_number={port['revision_number']}"},
        )

    def list_shares_of(self, network_id: str) -> list[JSON]:
        """With whom a network of the caller's is shared: ``id`` and ``target_tenant`` of each.

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

        :raises Conflict: it may use the network already
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
        """Let a project use a network no more.

        :raises Conflict: the project has ports in it
        """
        self.request("DELETE", path("rbac-policies", share_id))
