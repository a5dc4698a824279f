"""The interfaces of a new instance.

Nova accepts a network, not a subnet. Where the network has only one subnet, or a fixed address
decides the subnet, Nova creates and deletes the port. Otherwise the gateway creates a marked port,
and deletes it with the instance.
"""

import dataclasses
import ipaddress
from collections import Counter
from functools import partial
from typing import Any

from kic_vm import exceptions
from kic_vm.adapters.interleaved import gather_reads
from kic_vm.adapters.network import PORT_MARK
from kic_vm.mappings.networks import is_vpc_for
from kic_vm.operations.networks.subnet_addresses import check_address
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices

JSON = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """The plan for one interface: Nova's network request, or the port to create first."""

    request: JSON | None
    port: JSON | None = None
    existing: JSON | None = None
    """The port that the request names, as Neutron shows it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Interfaces:
    """The interfaces of one instance: Nova's ``networks``, and the ports created for them."""

    name: str
    networks: list[JSON]
    made_ports: list[JSON]


def plan_interfaces(services: RequestServices, request: JSON) -> list[Placement]:
    """The plans for the interfaces; nothing is created.

    :param request: InstanceCreateSchema, loaded
    :raises InvalidRequest: a subnet, interface, address or security group does not fit
    """
    requested: list[JSON] = request["subnets"]
    names = [group["name"] for group in request["security_groups"] or ()]
    port_ids = [
        str(interface["network_interface_id"])
        for interface in requested
        if interface["network_interface_id"]
    ]
    _check_duplicates(requested, port_ids)
    if names and len(port_ids) == len(requested):
        raise exceptions.InvalidRequest(
            "security_groups: existing network interfaces keep their own security groups: leave "
            "security_groups out."
        )
    subnets, groups, *ports = gather_reads(
        services.openstack.network.list_subnets,
        partial(_group_ids, services, names),
        *(partial(_port, services, port_id) for port_id in port_ids),
    )
    subnets_by_id = _usable_subnets(
        services, subnets, {str(interface["id"]) for interface in requested}
    )
    subnet_counts = Counter((subnet["network_id"], subnet["ip_version"]) for subnet in subnets)
    ports_by_id = {port["id"]: port for port in ports}
    placements = []
    for interface in requested:
        subnet = subnets_by_id.get(str(interface["id"]))
        if subnet is None:
            raise exceptions.InvalidRequest(
                f"subnets.id: there is no subnet {interface['id']} that this project can use."
            )
        is_only = subnet_counts[subnet["network_id"], subnet["ip_version"]] == 1
        placements.append(_place(interface, subnet, ports_by_id, groups, is_only_subnet=is_only))
    return placements


def _usable_subnets(
    services: RequestServices, subnets: list[JSON], subnet_ids: set[str]
) -> dict[str, JSON]:
    """The subnets with these ids that belong to the project or to a network shared with it.

    One upstream call for each network of another project: Neutron shows all of them to a cloud
    admin.
    """
    requested = {subnet["id"]: subnet for subnet in subnets if subnet["id"] in subnet_ids}
    foreign_networks = {
        subnet["network_id"]
        for subnet in requested.values()
        if subnet["project_id"] != services.project_id
    }
    networks = gather_reads(
        *(
            partial(services.openstack.networks.get_network, network_id)
            for network_id in foreign_networks
        )
    )
    unusable = {
        network["id"] for network in networks if not is_vpc_for(network, services.project_id)
    }
    return {
        subnet_id: subnet
        for subnet_id, subnet in requested.items()
        if subnet["network_id"] not in unusable
    }


def _check_duplicates(subnets: list[JSON], port_ids: list[str]) -> None:
    if len(set(port_ids)) < len(port_ids):
        raise exceptions.InvalidRequest(
            "subnets.network_interface_id: the same network interface is named twice."
        )
    addresses = [
        (subnet["id"], ipaddress.ip_address(subnet["private_ip"]))
        for subnet in subnets
        if subnet["private_ip"]
    ]
    if len(set(addresses)) < len(addresses):
        raise exceptions.InvalidRequest("subnets.private_ip: the same address is named twice.")


def _place(
    interface: JSON,
    subnet: JSON,
    ports: dict[str, JSON],
    groups: list[str],
    *,
    is_only_subnet: bool,
) -> Placement:
    if interface["network_interface_id"]:
        port = ports[str(interface["network_interface_id"])]
        if subnet["id"] not in {fixed["subnet_id"] for fixed in port["fixed_ips"]}:
            raise exceptions.InvalidRequest(
                "subnets.network_interface_id: this network interface is not in the subnet."
            )
        return Placement({"port": port["id"]}, existing=port)
    if interface["private_ip"]:
        check_address("subnets.private_ip", interface["private_ip"], subnet)
        return Placement({"uuid": subnet["network_id"], "fixed_ip": interface["private_ip"]})
    if is_only_subnet:
        return Placement({"uuid": subnet["network_id"]})
    port = {
        "network_id": subnet["network_id"],
        "fixed_ips": [{"subnet_id": subnet["id"]}],
        "description": PORT_MARK,
    }
    if groups:
        port["security_groups"] = groups
    return Placement(None, port)


def _port(services: RequestServices, port_id: str) -> JSON:
    with as_invalid_request("subnets.network_interface_id", "network interface", port_id):
        port = services.openstack.network.get_port(port_id)
        if port["project_id"] != services.project_id:
            raise exceptions.NotFound
    if port["device_id"]:
        raise exceptions.Conflict(
            f"subnets.network_interface_id: the network interface {port_id} is already in use."
        )
    return port


def _group_ids(services: RequestServices, names: list[str]) -> list[str]:
    """The ids of the security groups with these names; no call without names."""
    if not names:
        return []
    existing = services.openstack.network.list_security_groups()
    ids = []
    for name in dict.fromkeys(names):
        matching = [group["id"] for group in existing if group["name"] == name]
        if not matching:
            raise exceptions.InvalidRequest(
                f"security_groups: there is no security group {name!r} in this project."
            )
        if len(matching) > 1:
            raise exceptions.Conflict(
                f"security_groups: {len(matching)} security groups are named {name!r}: rename the "
                "one to use, so that its name is unique."
            )
        ids += matching
    return ids


def make_ports(
    services: RequestServices, placements: list[Placement], names: list[str]
) -> list[Interfaces]:
    """Create the ports that the plans need; the interfaces of the instances with these names.

    One upstream call creates all ports or none.
    """
    new_ports = [placement.port for placement in placements if placement.port]
    ports = services.openstack.network.create_ports(
        [port | {"name": name} for name in names for port in new_ports]
    )
    interfaces = []
    for number, name in enumerate(names):
        created = ports[number * len(new_ports) : (number + 1) * len(new_ports)]
        remaining = iter(created)
        networks = [
            placement.request or {"port": next(remaining)["id"]} for placement in placements
        ]
        interfaces.append(Interfaces(name, networks, created))
    return interfaces
