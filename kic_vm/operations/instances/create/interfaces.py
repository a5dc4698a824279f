# SPDX-License-Identifier: Apache-2.0
"""The interfaces of a new instance: Nova creates the ports wherever it can place them.

Nova accepts a network, not a subnet. If the network has one subnet, or an address identifies the
subnet, Nova creates and deletes the port. Otherwise the gateway creates a marked port, and deletes
it with the instance.
"""

import dataclasses
import ipaddress
from collections import Counter
from functools import partial

from kic_vm import exceptions
from kic_vm.adapters.http.interleaved import gather_reads
from kic_vm.adapters.network import PORT_MARK
from kic_vm.exceptions import FieldErrorCode
from kic_vm.mappings.networks import is_vpc_for
from kic_vm.operations.networks.security_groups import DEFAULT
from kic_vm.operations.networks.subnet_addresses import check_address
from kic_vm.operations.references import as_invalid_request
from kic_vm.operations.request import RequestServices
from kic_vm.resources.network import Port, PortRequest, SubnetSummary
from kic_vm.resources.security_groups import SecurityGroupSummary
from kic_vm.schemas.instance_changes import InstanceCreateBody, InstanceSubnetBody


@dataclasses.dataclass(frozen=True, slots=True)
class Placement:
    """The plan for one interface: Nova's request for it, or the port to create first."""

    request: dict[str, str] | None
    port: PortRequest | None = None
    existing: Port | None = None
    """The port that the caller names, as Neutron returns it."""
    group_names: tuple[str, ...] = ()
    """The names of the interface's security groups."""


@dataclasses.dataclass(frozen=True, slots=True)
class Interfaces:
    """The interfaces of one instance: Nova's ``networks``, and the ports created for them."""

    name: str
    networks: list[dict[str, str]]
    made_ports: list[Port]


def plan_interfaces(services: RequestServices, wanted: InstanceCreateBody) -> list[Placement]:
    """Plan the interfaces of an instance; nothing is created.

    :param wanted: InstanceCreateSchema, loaded
    :raises InvalidRequest: a subnet, interface, address or group does not fit
    """
    subnets = wanted["subnets"]
    names = [group["name"] for group in wanted["security_groups"] or ()]
    interfaces = [
        str(one["network_interface_id"]) for one in subnets if one["network_interface_id"]
    ]
    _check_twice(subnets, interfaces)
    if names and len(interfaces) == len(subnets):
        raise exceptions.InvalidField(
            "security_groups",
            "existing network interfaces keep their own security groups: leave "
            "security_groups out.",
        )
    visible, groups, *ports = gather_reads(
        services.openstack.network.list_subnets,
        services.openstack.network.list_security_groups if names or interfaces else list,
        *(partial(_port, services, one) for one in interfaces),
    )
    group_ids = _group_ids(names, groups)
    group_names = {group["id"]: group["name"] for group in groups}
    by_id = _usable(services, visible, {str(one["id"]) for one in subnets})
    crowd = Counter((subnet["network_id"], subnet["ip_version"]) for subnet in visible)
    ports_by_id = {port["id"]: port for port in ports}
    found = []
    for one in subnets:
        subnet = by_id.get(str(one["id"]))
        if subnet is None:
            raise exceptions.InvalidField(
                "subnets.id",
                f"there is no subnet {one['id']} that this project can use.",
                FieldErrorCode.NOT_FOUND,
            )
        is_alone = crowd[subnet["network_id"], subnet["ip_version"]] == 1
        placement = _place(one, subnet, ports_by_id, group_ids, is_alone=is_alone)
        port = placement.existing
        # Without a requested group, Nova puts an interface into the default group.
        its_groups = names or [DEFAULT]
        if port is not None:
            ids = port["security_groups"]
            its_groups = [group_names[group_id] for group_id in ids if group_id in group_names]
        found.append(dataclasses.replace(placement, group_names=tuple(its_groups)))
    return found


def _usable(
    services: RequestServices, visible: list[SubnetSummary], wanted: set[str]
) -> dict[str, SubnetSummary]:
    """The requested subnets by id, if the project owns them or their network is shared with it.

    One upstream call for each network of another project: cloud admins see all networks.
    """
    found = {subnet["id"]: subnet for subnet in visible if subnet["id"] in wanted}
    others = {
        subnet["network_id"]
        for subnet in found.values()
        if subnet["project_id"] != services.project_id
    }
    networks = gather_reads(
        *(partial(services.openstack.network.get_network, one) for one in others)
    )
    closed = {one["id"] for one in networks if not is_vpc_for(one, services.project_id)}
    return {
        subnet_id: subnet
        for subnet_id, subnet in found.items()
        if subnet["network_id"] not in closed
    }


def _check_twice(subnets: list[InstanceSubnetBody], interfaces: list[str]) -> None:
    if len(set(interfaces)) < len(interfaces):
        raise exceptions.InvalidField(
            "subnets.network_interface_id",
            "the same network interface is named twice.",
            FieldErrorCode.DUPLICATE,
        )
    addresses = [
        (one["id"], ipaddress.ip_address(one["private_ip"])) for one in subnets if one["private_ip"]
    ]
    if len(set(addresses)) < len(addresses):
        raise exceptions.InvalidField(
            "subnets.private_ip", "the same address is named twice.", FieldErrorCode.DUPLICATE
        )


def _place(
    wanted: InstanceSubnetBody,
    subnet: SubnetSummary,
    ports: dict[str, Port],
    groups: list[str],
    *,
    is_alone: bool,
) -> Placement:
    if wanted["network_interface_id"]:
        port = ports[str(wanted["network_interface_id"])]
        if subnet["id"] not in {fixed["subnet_id"] for fixed in port["fixed_ips"]}:
            raise exceptions.InvalidField(
                "subnets.network_interface_id", "this network interface is not in the subnet."
            )
        return Placement({"port": port["id"]}, existing=port)
    if wanted["private_ip"]:
        check_address("subnets.private_ip", wanted["private_ip"], subnet)
        return Placement({"uuid": subnet["network_id"], "fixed_ip": wanted["private_ip"]})
    if is_alone:
        return Placement({"uuid": subnet["network_id"]})
    request: PortRequest = {
        "network_id": subnet["network_id"],
        "fixed_ips": [{"subnet_id": subnet["id"]}],
        "description": PORT_MARK,
    }
    if groups:
        request["security_groups"] = groups
    return Placement(None, request)


def _port(services: RequestServices, port_id: str) -> Port:
    with as_invalid_request("subnets.network_interface_id", "network interface", port_id):
        port = services.openstack.network.get_port(port_id)
        if port["project_id"] != services.project_id:
            raise exceptions.NotFound
    if port["device_id"]:
        raise exceptions.Conflict(
            f"subnets.network_interface_id: the network interface {port_id} is already in use."
        )
    return port


def _group_ids(names: list[str], existing: list[SecurityGroupSummary]) -> list[str]:
    """The ids of the security groups with these names.

    :param existing: the project's security groups
    :raises InvalidRequest: no group has the name
    :raises Conflict: several groups have the name
    """
    ids = []
    for name in dict.fromkeys(names):
        same = [group["id"] for group in existing if group["name"] == name]
        if not same:
            raise exceptions.InvalidField(
                "security_groups",
                f"there is no security group {name!r} in this project.",
                FieldErrorCode.NOT_FOUND,
            )
        if len(same) > 1:
            raise exceptions.Conflict(
                f"security_groups: {len(same)} security groups are named {name!r}: give the "
                "wanted one a name of its own."
            )
        ids += same
    return ids


def make_ports(
    services: RequestServices, placements: list[Placement], names: list[str]
) -> list[Interfaces]:
    """Create the ports that instances with these names need; the instances' interfaces.

    One upstream call creates all ports or none.
    """
    to_make = [placement.port for placement in placements if placement.port]
    ports = services.openstack.network.create_ports(
        [{**port, "name": name} for name in names for port in to_make]
    )
    interfaces = []
    for number, name in enumerate(names):
        made = ports[number * len(to_make) : (number + 1) * len(to_make)]
        left = iter(made)
        networks = [placement.request or {"port": next(left)["id"]} for placement in placements]
        interfaces.append(Interfaces(name, networks, made))
    return interfaces
