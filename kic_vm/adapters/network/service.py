# SPDX-License-Identifier: Apache-2.0
"""Neutron: the methods of all its resources."""

from kic_vm.adapters import quotas
from kic_vm.adapters.network.floating_ips import FloatingIps
from kic_vm.adapters.network.networks import Networks
from kic_vm.adapters.network.ports import Ports
from kic_vm.adapters.network.routers import Routers
from kic_vm.adapters.network.security_groups import SecurityGroups
from kic_vm.adapters.network.subnets import Subnets
from kic_vm.adapters.paths import path
from kic_vm.adapters.quotas import Figures


class Network(FloatingIps, Networks, Ports, Routers, SecurityGroups, Subnets):
    """The network service, called on behalf of one caller."""

    def list_extensions(self) -> set[str]:
        """The aliases of Neutron's extensions."""
        extensions = self.json("GET", path("extensions", fields="alias"))["extensions"]
        return {extension["alias"] for extension in extensions}

    def get_quotas(self) -> dict[str, Figures]:
        """The quotas of the caller's project, by our names; needs the extension quota_details."""
        answered = self.json("GET", path("quotas", str(self._context.project_id), "details.json"))
        return quotas.read("network", answered["quota"])
