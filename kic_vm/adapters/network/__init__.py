"""Neutron: networks, subnets, routers, ports, floating IPs and security groups."""

from kic_vm.adapters.network.ports import (
    INSTANCE_TAG,
    PORT_FIELDS,
    PORT_MARK,
    Network,
)
from kic_vm.adapters.network.routers import ROUTER_INTERFACES, Networks

__all__ = [
    "INSTANCE_TAG",
    "PORT_FIELDS",
    "PORT_MARK",
    "ROUTER_INTERFACES",
    "Network",
    "Networks",
]
