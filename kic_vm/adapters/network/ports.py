"""Neutron: ports and subnets; neighboring modules have the other resources."""

from kic_vm.adapters import quotas
from kic_vm.adapters.network.floating_ips import FloatingIps
from kic_vm.adapters.network.security_groups import SecurityGroups
from kic_vm.adapters.paths import path
from kic_vm.adapters.quotas import Figures
from kic_vm.adapters.service import JSON

PORT_FIELDS = ["id", "device_id", "mac_address", "fixed_ips", "security_groups", "created_at"]
MADE_PORT_FIELDS = [
    "id",
    "project_id",
    "description",
    "device_id",
    "device_owner",
    "tags",
    "updated_at",
    "revision_number",
]
SUBNET_FIELDS = ["id", "project_id", "network_id", "cidr", "ip_version", "gateway_ip", "tags"]

# Marks the ports that the gateway has created for an instance, so that it can find them again. It
# is not a tag: Neutron drops tags at bulk creation, except with a driver that few clouds load.
PORT_MARK = "Made by kic-vm for an instance"
# Prefix of the tag with a port's instance; the rest of the tag is the instance's id.
INSTANCE_TAG = "kic-vm-instance-"


class Network(FloatingIps, SecurityGroups):
    """The network service, called on behalf of one caller."""

    def list_ports(self, device_id: str | list[str] | None = None) -> list[JSON]:
        """Ports of all or some devices of the project, with the fields in PORT_FIELDS."""
        return self.list_all(
            "ports",
            project_id=self._context.project_id,
            device_id=device_id,
            fields=PORT_FIELDS,
        )

    def list_whole_ports(self, device_id: str) -> list[JSON]:
        """Ports of one device of the project, with all their fields."""
        return self.list_all("ports", project_id=self._context.project_id, device_id=device_id)

    def list_made_ports(self, instance_id: str) -> list[JSON]:
        """Ports that the gateway has created for an instance of the project, by their tag."""
        ports = self.list_all(
            "ports",
            project_id=self._context.project_id,
            description=PORT_MARK,
            tags=INSTANCE_TAG + instance_id,
            fields=MADE_PORT_FIELDS,
        )
        # A Neutron without tags ignores this filter.
        return [port for port in _made(ports) if INSTANCE_TAG + instance_id in port["tags"]]

    def list_all_made_ports(self) -> list[JSON]:
        """Ports that the gateway has created for instances, in all projects; for cloud admins."""
        return _made(self.list_all("ports", description=PORT_MARK, fields=MADE_PORT_FIELDS))

    def get_port(self, port_id: str) -> JSON:
        """One port; with a cloud admin's token, it can belong to another project."""
        port: JSON = self.json("GET", path("ports", port_id))["port"]
        return port

    def create_ports(self, ports: list[JSON]) -> list[JSON]:
        """Create all of ``ports`` or none; the answer has the same order."""
        created: list[JSON] = self.json("POST", "/ports", json={"ports": ports})["ports"]
        return created

    def tag_port(self, port_id: str, tag: str) -> None:
        """Add a tag to a port; an existing tag stays."""
        self.request("PUT", path("ports", port_id, "tags", tag))

    def update_port(self, port: JSON, changes: JSON) -> JSON:
        """Change a port; returns the whole port.

        :param port: the port as it was read
        :raises Conflict: the port has changed since it was read
        """
        updated: JSON = self.json(
            "PUT",
            path("ports", port["id"]),
            json={"port": changes},
            headers={"If-Match": f"revision_number={port['revision_number']}"},
        )["port"]
        return updated

    def list_subnets(self) -> list[JSON]:
        """All subnets visible to the caller, also shared ones, with the fields in SUBNET_FIELDS."""
        return self.list_all("subnets", fields=SUBNET_FIELDS)

    def list_extensions(self) -> set[str]:
        """The aliases of Neutron's extensions."""
        found = self.json("GET", path("extensions", fields="alias"))["extensions"]
        return {extension["alias"] for extension in found}

    def get_quotas(self) -> dict[str, Figures]:
        """The quotas of the caller's project, by our names; needs the extension quota_details."""
        answered = self.json("GET", path("quotas", str(self._context.project_id), "details.json"))
        return quotas.read("network", answered["quota"])


def _made(ports: list[JSON]) -> list[JSON]:
    """The ports with the mark; each has ``tags``, even if Neutron does not support tags."""
    return [{"tags": [], **port} for port in ports if port["description"] == PORT_MARK]
