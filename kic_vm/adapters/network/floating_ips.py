# SPDX-License-Identifier: Apache-2.0
"""Neutron: floating IPs."""

from kic_vm.adapters.network.conditional_writes import ConditionalWrites
from kic_vm.adapters.paths import path
from kic_vm.resources.network import (
    Described,
    FloatingIP,
    FloatingIPChanges,
    FloatingIPRequest,
    FloatingIPSummary,
    Revised,
)


class FloatingIps(ConditionalWrites):
    """The part of the network service that manages floating IPs."""

    def list_floating_ips(self) -> list[FloatingIPSummary]:
        """The project's floating IPs: address, port and fixed address."""
        return self.list_all(
            "floatingips",
            project_id=self._context.project_id,
            fields=["floating_ip_address", "fixed_ip_address", "port_id"],
        )

    def list_whole_floating_ips(self) -> list[FloatingIP]:
        """The project's floating IPs with all their fields."""
        return self.list_all("floatingips", project_id=self._context.project_id)

    def list_floating_ip_descriptions(self) -> list[Described]:
        """The project's floating IPs: id and description."""
        return self.list_descriptions("floatingips")

    def list_floating_ips_of(self, port_id: str) -> list[FloatingIP]:
        """The project's floating IPs that are associated with a port."""
        return self.list_all("floatingips", project_id=self._context.project_id, port_id=port_id)

    def get_floating_ip(self, floating_ip_id: str) -> FloatingIP:
        """One floating IP; with a cloud admin's token, it can belong to another project."""
        floating_ip: FloatingIP = self.json("GET", path("floatingips", floating_ip_id))[
            "floatingip"
        ]
        return floating_ip

    def create_floating_ip(self, floating_ip: FloatingIPRequest) -> FloatingIP:
        """Create a floating IP. With a port, either it is associated or nothing is created."""
        created: FloatingIP = self.json("POST", "/floatingips", json={"floatingip": floating_ip})[
            "floatingip"
        ]
        return created

    def update_floating_ip(self, floating_ip: Revised, changes: FloatingIPChanges) -> FloatingIP:
        """Change a floating IP; returns the whole floating IP.

        :param floating_ip: the floating IP as it was read
        :raises Conflict: another request has changed the floating IP since it was read
        """
        updated: FloatingIP = self._update_unchanged("floatingip", floating_ip, changes)
        return updated

    def delete_floating_ip(self, floating_ip: Revised) -> None:
        """Delete a floating IP, in use or not.

        :param floating_ip: the floating IP as it was read
        :raises Conflict: another request has changed the floating IP since it was read
        """
        self._delete_unchanged("floatingip", floating_ip)
