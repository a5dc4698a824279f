"""Neutron: ports, floating IPs, security groups, subnets."""

from kic_vm.adapters import quotas
from kic_vm.adapters.connection import JSON, Service, path
from kic_vm.adapters.quotas import Figures

PORT_FIELDS = ["id", "device_id", "mac_address", "fixed_ips", "security_groups", "created_at"]

# Marks the ports that the gateway has made for an instance, so that they can be found again. Not
# a tag: without an extension driver that few clouds load, Neutron drops tags at bulk creation.
PORT_MARK = "Made by kic-vm for an instance"


class Network(Service):
    """The network service in the name of one caller."""

    def list_ports(self, device_id: str | None = None) -> list[JSON]:
        """Ports of the project's machines, or those of one; the fields of PORT_FIELDS."""
        ports: list[JSON] = self.json(
            "GET",
            path(
                "ports",
                project_id=self._context.project_id,
                device_id=device_id,
                fields=PORT_FIELDS,
            ),
        )["ports"]
        return ports

    def list_whole_ports(self, device_id: str) -> list[JSON]:
        """Ports of one of the project's machines with all that Neutron knows of them."""
        ports: list[JSON] = self.json(
            "GET", path("ports", project_id=self._context.project_id, device_id=device_id)
        )["ports"]
        return ports

    def list_made_ports(self, device_id: str) -> list[str]:
        """Ids of the ports of an instance that the gateway had made for it."""
        ports = self.json(
            "GET",
            path(
                "ports",
                project_id=self._context.project_id,
                device_id=device_id,
                description=PORT_MARK,
                fields="id",
            ),
        )["ports"]
        return [port["id"] for port in ports]

    def list_all_made_ports(self) -> list[JSON]:
        """Ports of all projects that the gateway had made for instances; for cloud admins."""
        ports: list[JSON] = self.json(
            "GET",
            path(
                "ports",
                description=PORT_MARK,
                fields=["id", "device_id", "device_owner", "updated_at"],
            ),
        )["ports"]
        return ports

    def get_port(self, port_id: str) -> JSON:
        """One port; with a cloud admin's token it may be another project's."""
        port: JSON = self.json("GET", path("ports", port_id))["port"]
        return port

    def create_ports(self, ports: list[JSON]) -> list[str]:
        """Make all of ``ports`` or none; their ids in the same order."""
        created = self.json("POST", "/ports", json={"ports": ports})["ports"]
        return [port["id"] for port in created]

    def update_port(self, port: JSON, changes: JSON) -> JSON:
        """Change a port; the answer is the whole port.

        :param port: as it was read
        :raises Conflict: it has changed since then
        """
        updated: JSON = self.json(
            "PUT",
            path("ports", port["id"]),
            json={"port": changes},
            headers={"If-Match": f"revision_number={port['revision_number']}"},
        )["port"]
        return updated

    def delete_port(self, port_id: str) -> None:
        """Remove a port."""
        self.request("DELETE", path("ports", port_id))

    def list_floating_ips(self) -> list[JSON]:
        """The project's floating IPs: address, port and fixed address."""
        found: list[JSON] = self.json(
            "GET",
            path(
                "floatingips",
                project_id=self._context.project_id,
                fields=["floating_ip_address", "fixed_ip_address", "port_id"],
            ),
        )["floatingips"]
        return found

    def list_floating_ips_of(self, port_id: str) -> list[JSON]:
        """The project's floating IPs that lead to a port."""
        found: list[JSON] = self.json(
            "GET", path("floatingips", project_id=self._context.project_id, port_id=port_id)
        )["floatingips"]
        return found

    def get_floating_ip(self, floating_ip_id: str) -> JSON:
        """One floating IP; with a cloud admin's token it may be another project's."""
        found: JSON = self.json("GET", path("floatingips", floating_ip_id))["floatingip"]
        return found

    def create_floating_ip(self, floating_ip: JSON) -> JSON:
        """A new floating IP; with a port in it, it leads there, or nothing has been made."""
        created: JSON = self.json("POST", "/floatingips", json={"floatingip": floating_ip})[
            "floatingip"
        ]
        return created

    def update_floating_ip(self, floating_ip: JSON, changes: JSON) -> JSON:
        """Change a floating IP; the answer is the whole of it.

        :param floating_ip: as it was read
        :raises Conflict: it has changed since then
        """
        updated: JSON = self.json(
            "PUT",
            path("floatingips", floating_ip["id"]),
            json={"floatingip": changes},
            headers={"If-Match": f"revision_number={floating_ip['revision_number']}"},
        )["floatingip"]
        return updated

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """Remove a floating IP, in use or not."""
        self.request("DELETE", path("floatingips", floating_ip_id))

    def list_external_networks(self) -> list[JSON]:
        """The networks that floating IPs can come from: id, name and whether one is the default."""
        query = {"router:external": "true"}
        found: list[JSON] = self.json(
            "GET", path("networks", **query, fields=["id", "name", "is_default"])
        )["networks"]
        return found

    def get_security_group(self, group_id: str) -> JSON:
        """One security group; with a cloud admin's token it may be another project's."""
        found: JSON = self.json(
            "GET", path("security-groups", group_id, fields=["id", "project_id"])
        )["security_group"]
        return found

    def list_security_groups(self) -> list[JSON]:
        """The project's security groups: id and name."""
        found: list[JSON] = self.json(
            "GET",
            path("security-groups", project_id=self._context.project_id, fields=["id", "name"]),
        )["security_groups"]
        return found

    def list_subnets(self) -> list[JSON]:
        """All subnets that the caller sees, shared ones too: id, network, range and gateway."""
        found: list[JSON] = self.json(
            "GET", path("subnets", fields=["id", "network_id", "cidr", "ip_version", "gateway_ip"])
        )["subnets"]
        return found

    def get_quotas(self) -> dict[str, Figures]:
        """The quotas of the caller's project by our names; needs the extension quota_details."""
        answered = self.json("GET", path("quotas", str(self._context.project_id), "details.json"))
        return quotas.read("network", answered["quota"])
