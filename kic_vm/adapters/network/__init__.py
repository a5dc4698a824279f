# SPDX-License-Identifier: Apache-2.0
"""Neutron: networks, subnets, routers, ports, floating IPs and security groups.

Each module has the methods of one kind of resource; ``Network`` in ``service`` has all of them.
``list_<resources>`` reads the fields that lists need; ``list_whole_<resources>`` reads all fields.
"""

from kic_vm.adapters.network.ports import INSTANCE_TAG, PORT_FIELDS, PORT_MARK
from kic_vm.adapters.network.routers import ROUTER_INTERFACES
from kic_vm.adapters.network.service import Network

__all__ = ["INSTANCE_TAG", "PORT_FIELDS", "PORT_MARK", "ROUTER_INTERFACES", "Network"]
