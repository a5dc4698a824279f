# SPDX-License-Identifier: Apache-2.0
"""Neutron: ports."""

from kic_vm.adapters.network.conditional_writes import ConditionalWrites
from kic_vm.adapters.paths import path
from kic_vm.resources.network import (
    Described,
    MadePort,
    Port,
    PortChanges,
    PortRequest,
    PortSummary,
    Revised,
)

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

# Marks the ports that the gateway has created for an instance, so that it can find them again. It
# is not a tag: Neutron drops tags at bulk creation, except with a driver that few clouds load.
PORT_MARK = "Made by kic-vm for an instance"
# Prefix of the tag with a port's instance; the rest of the tag is the instance's id.
INSTANCE_TAG = "kic-vm-instance-"


class Ports(ConditionalWrites):
    """The part of the network service that manages ports."""

    def list_ports(self, device_id: str | list[str] | None = None) -> list[PortSummary]:
        """Ports of all or some devices of the project, with the fields in PORT_FIELDS."""
        return self.list_all(
            "ports",
            project_id=self._context.project_id,
            device_id=device_id,
            fields=PORT_FIELDS,
        )

    def list_whole_ports(self, device_id: str | None = None) -> list[Port]:
        """Ports of the project with all their fields, also Neutron's own.

        :param device_id: only the ports of this device
        """
        return self.list_all("ports", project_id=self._context.project_id, device_id=device_id)

    def list_made_ports(self, instance_id: str) -> list[MadePort]:
        """Ports that the gateway has created for an instance of the project, by their tag."""
        ports: list[MadePort] = self.list_all(
            "ports",
            project_id=self._context.project_id,
            description=PORT_MARK,
            tags=INSTANCE_TAG + instance_id,
            fields=MADE_PORT_FIELDS,
        )
        # A Neutron without tags ignores this filter.
        return [port for port in _made(ports) if INSTANCE_TAG + instance_id in port["tags"]]

    def list_all_made_ports(self) -> list[MadePort]:
        """Ports that the gateway has created for instances, in all projects; for cloud admins."""
        return _made(self.list_all("ports", description=PORT_MARK, fields=MADE_PORT_FIELDS))

    def list_port_descriptions(self) -> list[Described]:
        """The project's ports: id and description."""
        return self.list_descriptions("ports")

    def list_ports_in(
        self, *, network_id: str | None = None, subnet_id: str | None = None
    ) -> list[Port]:
        """All ports in a network or a subnet; its owner also sees those of other projects."""
        fixed_ips = f"subnet_id={subnet_id}" if subnet_id else None
        return self.list_all("ports", network_id=network_id, fixed_ips=fixed_ips)

    def get_port(self, port_id: str) -> Port:
        """One port; with a cloud admin's token, it can belong to another project."""
        port: Port = self.json("GET", path("ports", port_id))["port"]
        return port

    def create_port(self, port: PortRequest) -> Port:
        """Create a port."""
        created: Port = self.json("POST", "/ports", json={"port": port})["port"]
        return created

    def create_ports(self, ports: list[PortRequest]) -> list[Port]:
        """Create all of ``ports`` or none; the answer has the same order."""
        created: list[Port] = self.json("POST", "/ports", json={"ports": ports})["ports"]
        return created

    def tag_port(self, port_id: str, tag: str) -> None:
        """Add a tag to a port; an existing tag stays."""
        self.request("PUT", path("ports", port_id, "tags", tag))

    def update_port(self, port: Revised, changes: PortChanges) -> Port:
        """Change a port; returns the whole port.

        :param port: the port as it was read
        :raises Conflict: another request has changed the port since it was read
        """
        updated: Port = self._update_unchanged("port", port, changes)
        return updated

    def delete_port(self, port: Revised) -> None:
        """Delete a port.

        :param port: the port as it was read
        :raises Conflict: another request has changed the port since it was read
        """
        self._delete_unchanged("port", port)


def _made(ports: list[MadePort]) -> list[MadePort]:
    """The ports with the mark; each has ``tags``, even if Neutron does not support tags."""
    return [{"tags": [], **port} for port in ports if port["description"] == PORT_MARK]
