# SPDX-License-Identifier: Apache-2.0
"""Neutron: networks, subnets, routers, ports and floating IPs.

A ``...Summary`` has the fields that a list selects. A ``...Request`` is the body of a POST, and
``...Changes`` is the body of a PUT.
"""

from collections.abc import Sequence
from typing import NotRequired, TypedDict


class Owned(TypedDict):
    """A resource of any kind, with its project."""

    project_id: str


class Revised(TypedDict):
    """A resource of any kind, with the revision that was read: an ``If-Match`` names it."""

    id: str
    revision_number: int


class Described(TypedDict):
    """A resource of any kind, as a list with these fields returns it."""

    id: str
    description: str | None


class ExternalNetwork(TypedDict):
    """A network that provides floating IPs, as ``GET /networks`` lists it with these fields."""

    id: str
    name: str
    is_default: NotRequired[bool]


_NetworkAttributes = TypedDict("_NetworkAttributes", {"router:external": bool})


class Network(_NetworkAttributes):
    """A network, as ``GET /networks/{id}`` and ``GET /networks`` return it."""

    id: str
    project_id: str
    name: str
    description: str | None
    status: str
    admin_state_up: bool
    shared: bool
    tags: NotRequired[list[str]]
    created_at: str
    updated_at: str


class NetworkRequest(TypedDict):
    """The body of ``POST /networks``."""

    name: str
    description: NotRequired[str]


class NetworkShare(TypedDict):
    """A share of a network, as ``GET /rbac-policies`` lists it with these fields."""

    id: str
    target_tenant: str


class AllocationPool(TypedDict):
    """A range of addresses of a subnet, from which Neutron chooses."""

    start: str
    end: str


class SubnetSummary(TypedDict):
    """A subnet, as ``GET /subnets`` lists it with the fields in SUBNET_FIELDS."""

    id: str
    project_id: str
    network_id: str
    cidr: str
    ip_version: int
    gateway_ip: str | None
    tags: NotRequired[list[str]]


class Subnet(SubnetSummary):
    """A subnet, as ``GET /subnets/{id}`` and ``GET /subnets`` return it."""

    name: str
    allocation_pools: list[AllocationPool]
    created_at: str
    updated_at: str


class SubnetRequest(TypedDict):
    """The body of ``POST /subnets``."""

    name: str
    network_id: str
    ip_version: int
    cidr: str
    gateway_ip: str
    allocation_pools: list[AllocationPool]
    description: NotRequired[str]


class FixedIP(TypedDict):
    """An address of a port in a subnet."""

    subnet_id: str
    ip_address: str


class FixedIPRequest(TypedDict):
    """An address of a port to create; without ``ip_address``, Neutron chooses it."""

    subnet_id: str
    ip_address: NotRequired[str]


class AddressPair(TypedDict):
    """Another address from which a port can send."""

    mac_address: str
    ip_address: str


class AddressPairRequest(TypedDict):
    """Another address from which a port is to be able to send, with the port's MAC address."""

    ip_address: str


class PortDevice(TypedDict):
    """A port and its device, as ``GET /ports`` lists it with these fields."""

    id: str
    device_id: str


class PortSummary(PortDevice):
    """A port, as ``GET /ports`` lists it with the fields in PORT_FIELDS."""

    mac_address: str
    fixed_ips: list[FixedIP]
    security_groups: list[str]
    created_at: str


class Port(PortSummary):
    """A port, as ``GET /ports/{id}`` and ``GET /ports`` return it."""

    project_id: str
    network_id: str
    name: str
    description: str
    device_owner: str
    allowed_address_pairs: list[AddressPair]
    port_security_enabled: NotRequired[bool]
    updated_at: str
    revision_number: int


class MadePort(PortDevice):
    """A port, as ``GET /ports`` lists it with the fields in MADE_PORT_FIELDS."""

    project_id: str
    description: str
    device_owner: str
    tags: list[str]
    updated_at: str
    revision_number: int


class PortChanges(TypedDict, total=False):
    """The body of ``PUT /ports/{id}``."""

    name: str
    description: str
    fixed_ips: Sequence[FixedIP | FixedIPRequest]
    security_groups: list[str]
    allowed_address_pairs: list[AddressPairRequest]


class PortRequest(PortChanges):
    """The body of ``POST /ports``, or one of its ports."""

    network_id: str
    device_owner: NotRequired[str]
    mac_address: NotRequired[str]


class Route(TypedDict):
    """A route of a router."""

    destination: str
    nexthop: str


class ExternalGateway(TypedDict):
    """The connection of a router to an external network."""

    external_fixed_ips: list[FixedIP]
    enable_snat: NotRequired[bool]


class ExternalGatewayChange(TypedDict, total=False):
    """The external network to connect a router to; empty to disconnect it."""

    network_id: str


class Router(TypedDict):
    """A router, as ``GET /routers`` returns it."""

    id: str
    project_id: str
    name: str
    description: str | None
    status: str
    admin_state_up: bool
    external_gateway_info: ExternalGateway | None
    routes: list[Route]
    created_at: str
    updated_at: str
    revision_number: int


class RouterChanges(TypedDict, total=False):
    """The body of ``PUT /routers/{id}``."""

    external_gateway_info: ExternalGatewayChange
    routes: list[Route]


class RouterRequest(TypedDict):
    """The body of ``POST /routers``."""

    name: str
    description: str
    external_gateway_info: NotRequired[ExternalGatewayChange]


class FloatingIPSummary(TypedDict):
    """A floating IP, as ``GET /floatingips`` lists it with these fields."""

    id: str
    floating_ip_address: str
    fixed_ip_address: str | None
    port_id: str | None


class PortDetails(TypedDict, total=False):
    """The port that a floating IP is associated with, within the floating IP."""

    name: str
    network_id: str
    device_id: str
    device_owner: str


class FloatingIP(FloatingIPSummary):
    """A floating IP, as ``GET /floatingips/{id}`` and ``GET /floatingips`` return it."""

    project_id: str
    description: str | None
    router_id: str | None
    port_details: NotRequired[PortDetails | None]
    created_at: str
    updated_at: str
    revision_number: int


class FloatingIPChanges(TypedDict, total=False):
    """The body of ``PUT /floatingips/{id}``."""

    description: str
    port_id: str | None
    fixed_ip_address: str


class FloatingIPRequest(FloatingIPChanges):
    """The body of ``POST /floatingips``."""

    floating_network_id: str
