# SPDX-License-Identifier: Apache-2.0
"""Create a subnet of a VPC in Neutron with its tags and routers, or not at all."""

import ipaddress
from collections.abc import Iterable
from functools import partial

from kic_vm import exceptions
from kic_vm.mappings import networks as mapping
from kic_vm.mappings import request_marks
from kic_vm.operations import earlier_attempts
from kic_vm.operations.networks import router_interfaces
from kic_vm.operations.ownership import is_interface
from kic_vm.operations.request import RequestServices
from kic_vm.operations.rollback import all_or_nothing
from kic_vm.resources.network import Port, Router, Subnet, SubnetRequest
from kic_vm.schemas.vpcs import FirstSubnetBody


def check_range(
    services: RequestServices, field: str, body: FirstSubnetBody, vpc_range: str | None
) -> None:
    """Check the range and zone of a new subnet; no upstream call.

    :param field: the request field of the range, for the error
    :param body: ``cidr_block`` and ``availability_zone``
    :param vpc_range: the VPC's range; None if it has none
    :raises InvalidRequest: the range is outside the VPC's range, or the zone does not exist
    """
    services.app_state.translation.zones.to_cloud(body["availability_zone"])
    cidr = ipaddress.IPv4Network(body["cidr_block"])
    if vpc_range and not cidr.subnet_of(ipaddress.IPv4Network(vpc_range)):
        raise exceptions.InvalidField(field, f"{cidr} is not in the VPC's range {vpc_range}.")


def make(
    services: RequestServices,
    name: str,
    network_id: str,
    body: FirstSubnetBody,
    routers: list[Router],
    *tags: str,
) -> Subnet:
    """Create a subnet. 2 upstream calls, and one more if there is a router.

    Each further router takes one more call, plus one for all of them together. With an
    Idempotency-Key, one more call finds the subnet of an earlier attempt, and its missing parts
    are created.

    :param body: ``cidr_block`` and ``availability_zone``
    :param routers: the VPC's route tables, the main one first
    :param tags: tags in addition to the zone's
    """
    openstack = services.openstack
    cidr_block = body["cidr_block"]
    all_tags = [mapping.zone_tag(body["availability_zone"]), *tags]
    subnet: SubnetRequest = {
        "name": name,
        "network_id": network_id,
        "ip_version": 4,
        "cidr": cidr_block,
        "gateway_ip": str(ipaddress.IPv4Network(cidr_block).network_address + 1),
        "allocation_pools": [mapping.allocation_pool(cidr_block)],
    }
    description = request_marks.marked_description("", services.context.idempotent_request)
    if description:
        subnet["description"] = description
        list_made = partial(openstack.network.list_described_subnets, network_id=network_id)
        existing = earlier_attempts.find_described(services, description, list_made)
        if existing:
            return _finish(services, existing, all_tags, routers)
    with all_or_nothing() as undo:
        created = openstack.network.create_subnet(subnet)
        undo(partial(openstack.network.delete_subnet, created["id"]))
        openstack.network.set_tags("subnets", created["id"], all_tags)
        tagged: Subnet = {**created, "tags": all_tags}
        if routers:
            openstack.network.connect_subnet(routers[0]["id"], created["id"])
            undo(partial(openstack.network.disconnect_subnet, routers[0]["id"], created["id"]))
        others = [(router["id"], tagged) for router in routers[1:]]
        router_interfaces.connect(services, others, [], undo)
    return created


def _finish(
    services: RequestServices, subnet: Subnet, tags: list[str], routers: list[Router]
) -> Subnet:
    """Complete a subnet that an earlier attempt began."""
    openstack = services.openstack
    earlier_attempts.note_absence(services)
    if not set(tags) <= set(subnet["tags"]):
        openstack.network.set_tags("subnets", subnet["id"], tags)
    if not routers:
        return subnet
    ports = openstack.network.list_ports_in(subnet_id=subnet["id"])
    connected = {router_id for router_id, _at, _port in router_interfaces.connections(ports)}
    if routers[0]["id"] not in connected:
        openstack.network.connect_subnet(routers[0]["id"], subnet["id"])
    tagged: Subnet = {**subnet, "tags": tags}
    others = [(router["id"], tagged) for router in routers[1:] if router["id"] not in connected]
    with all_or_nothing() as undo:
        router_interfaces.connect(services, others, ports, undo)
    return subnet


def refuse_while_in_use(what: str, ports: Iterable[Port]) -> None:
    """Check that there is no network interface among these ports.

    :param what: "subnet" or "VPC", for the error
    :raises Conflict: there are some; the error names them and their owners
    """
    used = [port for port in ports if is_interface(port)]
    if not used:
        return
    first = used[0]
    whose = f", of {first['device_id']}" if first["device_id"] else ""
    more = f" and {len(used) - 1} more" if len(used) > 1 else ""
    raise exceptions.Conflict(
        f"There are network interfaces in the {what}: {first['id']}{whose}{more}. Delete them "
        "first."
    )
