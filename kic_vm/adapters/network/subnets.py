# SPDX-License-Identifier: Apache-2.0
"""Neutron: subnets."""

from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.paths import path
from kic_vm.resources.network import Subnet, SubnetRequest, SubnetSummary

SUBNET_FIELDS = ["id", "project_id", "network_id", "cidr", "ip_version", "gateway_ip", "tags"]


class Subnets(NetworkLists):
    """The part of the network service that manages subnets."""

    def list_subnets(self) -> list[SubnetSummary]:
        """All subnets visible to the caller, also shared ones, with the fields in SUBNET_FIELDS."""
        return self.list_all("subnets", fields=SUBNET_FIELDS)

    def list_whole_subnets(self, network_id: str | None = None) -> list[Subnet]:
        """All subnets visible to the caller, or those of one network."""
        return self.list_all("subnets", network_id=network_id)

    def list_described_subnets(self, description: str, network_id: str) -> list[Subnet]:
        """The subnets of a network with exactly this description."""
        return self.list_all("subnets", network_id=network_id, description=description)

    def get_subnet(self, subnet_id: str) -> Subnet:
        """One subnet; with a cloud admin's token, it can belong to another project."""
        subnet: Subnet = self.json("GET", path("subnets", subnet_id))["subnet"]
        return subnet

    def create_subnet(self, subnet: SubnetRequest) -> Subnet:
        """Create a subnet of a network.

        :raises Conflict: it overlaps with another subnet of the network
        """
        created: Subnet = self.json("POST", "/subnets", json={"subnet": subnet})["subnet"]
        return created

    def rename_subnet(self, subnet_id: str, name: str) -> Subnet:
        """Rename a subnet; returns the whole subnet."""
        updated: Subnet = self.json(
            "PUT", path("subnets", subnet_id), json={"subnet": {"name": name}}
        )["subnet"]
        return updated

    def delete_subnet(self, subnet_id: str) -> None:
        """Delete a subnet.

        :raises Conflict: it contains ports
        """
        self.request("DELETE", path("subnets", subnet_id))
