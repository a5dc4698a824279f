# SPDX-License-Identifier: Apache-2.0
"""Neutron: networks, their tags, and the projects that they are shared with."""

from collections.abc import Iterable

from kic_vm.adapters import absence
from kic_vm.adapters.network.lists import NetworkLists
from kic_vm.adapters.paths import path
from kic_vm.resources.network import ExternalNetwork, Network, NetworkRequest, NetworkShare


class Networks(NetworkLists):
    """The part of the network service that manages networks."""

    def list_networks(self) -> list[Network]:
        """All networks visible to the caller; for cloud admins, those of all projects."""
        return self.list_all("networks")

    def list_external_networks(self) -> list[ExternalNetwork]:
        """The networks that provide floating IPs: id, name, and whether it is the default."""
        query = {"router:external": "true"}
        return self.list_all("networks", fields=["id", "name", "is_default"], **query)

    def get_network(self, network_id: str) -> Network:
        """One network; with a cloud admin's token, it can belong to another project."""
        network: Network = self.json("GET", path("networks", network_id))["network"]
        return network

    def find_network(self, network_id: str) -> Network | None:
        """A network that the caller may see; None if Neutron shows none with this id.

        :raises KicVmError: Neutron fails, or a 404 is not Neutron's own answer about this network
        """
        network: Network | None = absence.find(
            self, path("networks", network_id), "network", network_id
        )
        return network

    def list_described_networks(self, description: str) -> list[Network]:
        """The project's networks with exactly this description."""
        return self.list_all(
            "networks", project_id=self._context.project_id, description=description
        )

    def create_network(self, network: NetworkRequest) -> Network:
        """Create a network of the project."""
        created: Network = self.json("POST", "/networks", json={"network": network})["network"]
        return created

    def rename_network(self, network_id: str, name: str) -> Network:
        """Rename a network; returns the whole network."""
        updated: Network = self.json(
            "PUT", path("networks", network_id), json={"network": {"name": name}}
        )["network"]
        return updated

    def delete_network(self, network_id: str) -> None:
        """Delete a network with its subnets.

        :raises Conflict: it contains ports
        """
        self.request("DELETE", path("networks", network_id))

    def set_tags(self, kind: str, resource_id: str, tags: Iterable[str]) -> None:
        """Replace all tags of a resource, without a check for concurrent changes.

        Neutron fails an ``If-Match`` here: it looks for the revision of the tags, which have none.
        This is a separate call, since few Neutron versions accept tags at creation.

        :param kind: ``networks`` or ``subnets``
        """
        self.request("PUT", path(kind, resource_id, "tags"), json={"tags": sorted(tags)})

    def list_shares_of(self, network_id: str) -> list[NetworkShare]:
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

    def share_network(self, network_id: str, project_id: str) -> NetworkShare:
        """Let another project use a network.

        :raises Conflict: the project can already use the network
        """
        policy = {
            "object_type": "network",
            "object_id": network_id,
            "action": "access_as_shared",
            "target_tenant": project_id,
        }
        created: NetworkShare = self.json("POST", "/rbac-policies", json={"rbac_policy": policy})[
            "rbac_policy"
        ]
        return created

    def delete_share(self, share_id: str) -> None:
        """Stop sharing a network with a project.

        :raises Conflict: the project has ports in it
        """
        self.request("DELETE", path("rbac-policies", share_id))
