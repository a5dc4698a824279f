# SPDX-License-Identifier: Apache-2.0
"""VPCs: Neutron's networks with their subnets and routers."""

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any, Final

from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.zones import Zones
from kic_vm.resources.network import AllocationPool, Network, Port, Router, Subnet, SubnetSummary

REGION: Final = "kr-central-2"  # the only region that the official clients know

# Tags hold the values for which Neutron has no field.
_CIDR_TAG: Final = "kic-vpc-cidr="
_ZONE_TAG: Final = "kic-zone="
FIRST_SUBNET_TAG: Final = "kic-vpc-first-subnet"
_MAIN_TAG: Final = "kic-vpc-main="
# Whose router it is, in its description: it is known before the router is connected to anything.
_ROUTER_MARK: Final = "Made by kic-vm for the VPC "

_STATUSES: Final = {"ACTIVE": "ACTIVE", "BUILD": "PENDING_CREATE", "ALLOCATING": "PENDING_CREATE"}
_RESERVED: Final = 6  # as documented: network, gateway, and four for DHCP and the like


def cidr_tag(cidr_block: str) -> str:
    """The tag of a network with its VPC's range."""
    return _CIDR_TAG + cidr_block


def zone_tag(zone: str) -> str:
    """The tag of a subnet with the zone that it was created for."""
    return _ZONE_TAG + zone


def router_mark(network_id: str) -> str:
    """Description of the routers that are made for a VPC."""
    return f"{_ROUTER_MARK}{network_id}"


def is_router_for(router: Router, network_id: str) -> bool:
    """Whether a router was made for a VPC."""
    return own_description(router["description"]) == router_mark(network_id)


def tags_with_main(network: Network, router_id: str) -> list[str]:
    """The tags of a network whose main route table is to be this router."""
    others = [tag for tag in network["tags"] if not tag.startswith(_MAIN_TAG)]
    return [*others, _MAIN_TAG + router_id]


def _tagged(resource: Network | SubnetSummary, prefix: str) -> str | None:
    matching = (tag for tag in resource.get("tags", ()) if tag.startswith(prefix))
    return next((tag.removeprefix(prefix) for tag in matching), None)


def declared_range(network: Network) -> str | None:
    """The range that the VPC was created with; None for a network created directly in Neutron."""
    return _tagged(network, _CIDR_TAG)


def zone_of(subnet: Subnet, zones: Zones) -> str:
    """The zone that the subnet was created for, else the first: Neutron's subnets have no zone."""
    tagged = _tagged(subnet, _ZONE_TAG)
    return tagged if tagged in zones.names else zones.names[0]


def provisioning_status(resource: Network | Router) -> str:
    """The provisioning status of a network or router; one that is disabled is ACTIVE."""
    if resource["status"] == "ERROR":
        return "ERROR"
    return _STATUSES.get(resource["status"], "ACTIVE")


def operating_status(resource: Network | Router) -> str:
    """The operating status of a network or router: ONLINE, OFFLINE or ERROR."""
    if resource["status"] == "ERROR":
        return "ERROR"
    return "ONLINE" if resource["admin_state_up"] else "OFFLINE"


def is_vpc_for(network: Network, project_id: str) -> bool:
    """Whether a network is a VPC that belongs to the project or is shared with it."""
    is_usable = network["project_id"] == project_id or network["shared"]
    return is_usable and not network["router:external"]


def reserved_addresses(subnet: SubnetSummary) -> set[str]:
    """The addresses of a subnet that no network interface can have."""
    cidr = ipaddress.ip_network(subnet["cidr"])
    addresses = {subnet["gateway_ip"]} if subnet["gateway_ip"] else set()
    if cidr.num_addresses > 2:
        addresses.add(str(cidr.network_address))
        if cidr.version == 4:
            addresses.add(str(cidr.broadcast_address))
    if _tagged(subnet, _ZONE_TAG):
        addresses |= {str(cidr.network_address + number) for number in range(_RESERVED)}
    return addresses


def router_addresses(subnet: Subnet) -> Iterator[str]:
    """Addresses that a router can have in a subnet beside the gateway, the best first.

    The reserved ones come first. A subnet that was made in Neutron has none, and where all are in
    use, an address that network interfaces could have serves as well.
    """
    cidr = ipaddress.ip_network(subnet["cidr"])
    if _tagged(subnet, _ZONE_TAG):
        for number in range(1, _RESERVED):
            yield str(cidr.network_address + number)
    for pool in subnet["allocation_pools"]:
        first, last = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        for number in range(int(last) - int(first) + 1):
            yield str(last - number)


def allocation_pool(cidr_block: str) -> AllocationPool:
    """Neutron's allocation pool: the addresses that are not reserved."""
    cidr = ipaddress.ip_network(cidr_block)
    return {
        "start": str(cidr.network_address + _RESERVED),
        "end": str(cidr.broadcast_address - 1),
    }


class Topology:
    """The VPCs that a project can use, with their subnets and routers.

    :param interfaces: the ports of routers in subnets; other ports are ignored
    """

    def __init__(
        self,
        project_id: str,
        networks: Iterable[Network],
        subnets: Iterable[Subnet],
        routers: Iterable[Router],
        interfaces: Iterable[Port],
    ) -> None:
        self.networks = {one["id"]: one for one in networks if is_vpc_for(one, project_id)}
        self.subnets = {one["id"]: one for one in subnets if one["network_id"] in self.networks}
        oldest_first = sorted(routers, key=lambda one: (one["created_at"], one["id"]))
        self.routers = {one["id"]: one for one in oldest_first if one["project_id"] == project_id}
        self._interfaces: dict[str, dict[str, Port]] = {one: {} for one in self.subnets}
        self._tables: dict[str, dict[str, None]] = {one: {} for one in self.networks}
        for router in self.routers.values():
            network_id = own_description(router["description"]).removeprefix(_ROUTER_MARK)
            if network_id in self._tables:
                self._tables[network_id][router["id"]] = None
        ports = [port for port in interfaces if port["device_id"] in self.routers]
        places = {router_id: place for place, router_id in enumerate(self.routers)}
        for port in sorted(ports, key=lambda one: places[one["device_id"]]):
            self._connect(port)

    def _connect(self, port: Port) -> None:
        for fixed in port["fixed_ips"]:
            subnet = self.subnets.get(fixed["subnet_id"])
            if subnet is not None:
                self._tables[subnet["network_id"]].setdefault(port["device_id"])
                self._interfaces[subnet["id"]].setdefault(port["device_id"], port)

    def subnets_of(self, network_id: str) -> list[Subnet]:
        """The subnets of a VPC."""
        return [subnet for subnet in self.subnets.values() if subnet["network_id"] == network_id]

    def range_of(self, network_id: str) -> str:
        """A VPC's range: the declared one, else the smallest range that covers its subnets."""
        declared = declared_range(self.networks[network_id])
        return declared or _covering(subnet["cidr"] for subnet in self.subnets_of(network_id))

    def routers_of(self, network_id: str) -> list[Router]:
        """The route tables of a VPC: those made for it first, each kind from the oldest on."""
        return [self.routers[router_id] for router_id in self._tables[network_id]]

    def main_router_of(self, network_id: str) -> Router | None:
        """The main route table of a VPC: the one that was declared so, else the first one."""
        routers = self.routers_of(network_id)
        declared = _tagged(self.networks[network_id], _MAIN_TAG)
        main = [router for router in routers if router["id"] == declared] or routers
        return main[0] if main else None

    def vpcs_of(self, router_id: str) -> list[Network]:
        """The VPCs that a router is a route table of; none for a router of no VPC."""
        return [
            self.networks[network_id]
            for network_id, tables in self._tables.items()
            if router_id in tables
        ]

    def unconnected_subnets_of(self, router_id: str, network_id: str) -> list[Subnet]:
        """The subnets of a VPC that a router has no interface in; IPv6 needs only one router."""
        return [
            subnet
            for subnet in self.subnets_of(network_id)
            if subnet["ip_version"] == 4 and router_id not in self._interfaces[subnet["id"]]
        ]

    def connection_of(self, subnet_id: str) -> Port | None:
        """The port of the router that a subnet's traffic goes to: the one at the gateway address.

        In a subnet that was made in Neutron, where no router has that address, the port of the
        first router.
        """
        subnet = self.subnets[subnet_id]
        gateway = (subnet_id, subnet["gateway_ip"])
        ports = list(self._interfaces[subnet_id].values())
        at_gateway = [
            port
            for port in ports
            if gateway in {(one["subnet_id"], one["ip_address"]) for one in port["fixed_ips"]}
        ]
        candidates = at_gateway if _tagged(subnet, _ZONE_TAG) else at_gateway or ports
        return candidates[0] if candidates else None

    def connections_of(self, router_id: str) -> list[tuple[Subnet, Port]]:
        """The subnets whose traffic goes to a router, each with the router's port in it."""
        return [
            (subnet, port)
            for subnet in self.subnets.values()
            if (port := self.connection_of(subnet["id"])) and port["device_id"] == router_id
        ]


def _covering(cidrs: Iterable[str]) -> str:
    """The smallest range that covers all of these; only the IPv4 ranges count if there are any."""
    all_ranges = [ipaddress.ip_network(cidr) for cidr in cidrs]
    ranges = [cidr for cidr in all_ranges if cidr.version == 4] or all_ranges
    if not ranges:
        return "0.0.0.0/0"
    covering: Any = ranges[0]
    while not all(cidr.subnet_of(covering) for cidr in ranges):
        covering = covering.supernet()
    return str(covering)
