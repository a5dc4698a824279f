# SPDX-License-Identifier: Apache-2.0
"""Router interfaces: each router of a VPC has an interface in each of the VPC's subnets.

A subnet's traffic goes to the router at the gateway address: this router is its route table. The
other routers have reserved addresses, so that they reach the subnet directly.
"""

from collections.abc import Iterable
from functools import partial
from typing import Final

from kic_vm import exceptions
from kic_vm.adapters.network import ROUTER_INTERFACES
from kic_vm.mappings import networks as mapping
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import Undo
from kic_vm.resources.network import FixedIP, Port, PortRequest, Subnet

# The device owner of a port that is not yet connected to its router. Clients do not see the port.
PENDING: Final = "network:kic-vm-route-table"
_PENDING_MARK: Final = "Made by kic-vm for the route table "


def connections(ports: Iterable[Port]) -> list[tuple[str, str, Port]]:
    """Router id, subnet id and port of each router interface among the ports."""
    return [
        (port["device_id"], fixed["subnet_id"], port)
        for port in ports
        if port["device_owner"] in ROUTER_INTERFACES
        for fixed in port["fixed_ips"]
    ]


def pending(ports: Iterable[Port]) -> dict[tuple[str, str], Port]:
    """Ports that an earlier call created but did not connect, by router and subnet."""
    return {
        (port["description"].removeprefix(_PENDING_MARK), fixed["subnet_id"]): port
        for port in ports
        if port["device_owner"] == PENDING
        for fixed in port["fixed_ips"]
    }


def routers_of(port: Port) -> set[str]:
    """The router that a port connects or will connect; empty for other ports."""
    connected = {router_id for router_id, _subnet_id, _port in connections([port])}
    return connected | {router_id for router_id, _subnet_id in pending([port])}


def connect(
    services: RequestServices, pairs: list[tuple[str, Subnet]], ports: list[Port], undo: Undo
) -> None:
    """Connect routers to subnets at other addresses than the gateway's.

    One upstream call for all ports, and one for each interface. An unfinished earlier call is
    completed.

    :param pairs: pairs of a router's id and a subnet in which it has no interface
    :param ports: all ports of the subnets' network
    :raises Conflict: a subnet has no free address
    """
    openstack = services.openstack
    made = pending(ports)
    missing = [pair for pair in pairs if (pair[0], pair[1]["id"]) not in made]
    if missing:
        created = services.openstack.network.create_ports(_ports(missing, ports))
        made |= pending(created)
        for port in created:
            undo(partial(openstack.network.delete_port, port))
    for router_id, subnet in pairs:
        openstack.network.connect_port(router_id, made[router_id, subnet["id"]]["id"])
        undo(partial(openstack.network.disconnect_subnet, router_id, subnet["id"]))


def _ports(missing: list[tuple[str, Subnet]], ports: list[Port]) -> list[PortRequest]:
    taken = {
        (fixed["subnet_id"], fixed["ip_address"]) for port in ports for fixed in port["fixed_ips"]
    }
    bodies = []
    for router_id, subnet in missing:
        address = free_address(subnet, {ip for subnet_id, ip in taken if subnet_id == subnet["id"]})
        taken.add((subnet["id"], address))
        fixed_ip: FixedIP = {"subnet_id": subnet["id"], "ip_address": address}
        bodies.append(_pending_port(router_id, subnet["network_id"], fixed_ip))
    return bodies


def _pending_port(router_id: str, network_id: str, fixed_ip: FixedIP) -> PortRequest:
    return {
        "network_id": network_id,
        "fixed_ips": [fixed_ip],
        "device_owner": PENDING,
        "description": _PENDING_MARK + router_id,
    }


def free_address(subnet: Subnet, taken: set[str]) -> str:
    """A free address in a subnet for a router that is not the gateway.

    :param taken: the addresses of the subnet's ports
    :raises Conflict: the subnet has no free address
    """
    for address in mapping.router_addresses(subnet):
        if address != subnet["gateway_ip"] and address not in taken:
            return address
    raise exceptions.Conflict(
        f"The subnet {subnet['name']} ({subnet['id']}) has no free address for the route table. "
        "Delete a network interface in it, or a route table of the VPC."
    )


def disconnect_all(
    services: RequestServices, subnets: dict[str, Subnet], ports: list[Port], undo: Undo
) -> None:
    """Disconnect routers from subnets. One upstream call for each interface.

    :param subnets: the subnets by id
    :param ports: the ports of a network, a subnet or a router; those in other subnets stay
    :raises Conflict: a route or a floating IP needs the interface
    """
    openstack = services.openstack
    for (_router_id, subnet_id), port in pending(ports).items():
        if subnet_id in subnets:
            openstack.network.delete_port(port)
    for router_id, subnet_id, port in connections(ports):
        if subnet_id in subnets:
            openstack.network.disconnect_subnet(router_id, subnet_id)
            undo(partial(_reconnect, services, router_id, subnets[subnet_id], port))


def _reconnect(services: RequestServices, router_id: str, subnet: Subnet, port: Port) -> None:
    """Restore a router's former interface in a subnet."""
    openstack = services.openstack
    fixed_ip = next(fixed for fixed in port["fixed_ips"] if fixed["subnet_id"] == subnet["id"])
    if fixed_ip["ip_address"] == subnet["gateway_ip"]:
        openstack.network.connect_subnet(router_id, subnet["id"])
        return
    body = _pending_port(router_id, subnet["network_id"], fixed_ip)
    body["mac_address"] = port["mac_address"]
    (created,) = services.openstack.network.create_ports([body])
    openstack.network.connect_port(router_id, created["id"])


def move_gateway(
    services: RequestServices,
    subnet: Subnet,
    gateway_ip: str,
    target_id: str,
    ports: list[Port],
    undo: Undo,
) -> Port:
    """Make another router a subnet's gateway. 2 upstream calls, one if it has no gateway yet.

    :param gateway_ip: the address of the subnet's gateway
    :param target_id: the id of a router that has an interface in the subnet
    :param ports: all ports of the subnet
    :returns: the target router's port
    :raises Conflict: a port has changed since it was read, or the subnet has no free address
    """
    by_router = {
        router_id: port for router_id, at, port in connections(ports) if at == subnet["id"]
    }
    taken = {fixed["ip_address"] for port in ports for fixed in port["fixed_ips"]}
    for router_id, port in by_router.items():
        if router_id != target_id and gateway_ip in _addresses(port):
            changed = _readdress(services, port, subnet, free_address(subnet, taken))
            undo(partial(_readdress, services, changed, subnet, gateway_ip))
    return _readdress(services, by_router[target_id], subnet, gateway_ip)


def _addresses(port: Port) -> set[str]:
    return {fixed["ip_address"] for fixed in port["fixed_ips"]}


def _readdress(services: RequestServices, port: Port, subnet: Subnet, address: str) -> Port:
    """Change a port's address in a subnet; its addresses in other subnets stay."""
    others = [fixed for fixed in port["fixed_ips"] if fixed["subnet_id"] != subnet["id"]]
    fixed_ips: list[FixedIP] = [*others, {"subnet_id": subnet["id"], "ip_address": address}]
    return services.openstack.network.update_port(port, {"fixed_ips": fixed_ips})
