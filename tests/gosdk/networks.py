# SPDX-License-Identifier: Apache-2.0
"""The operations of the SDK on VPCs and what is in them."""

import contextlib
from collections.abc import Iterator

from tests.gosdk.caller import JSON, User
from tests.gosdk.volumes import wait_until_gone

ZONE = "kr-central-2-a"
EVERYWHERE = "0.0.0.0/0"


def refused(user: User, status: int, operation: str, *path: str, body: JSON | None = None) -> None:
    """See that an operation is refused with a sentence."""
    answer = user.answer(operation, *path, body=body)
    assert answer.status == status, answer
    assert answer.error


@contextlib.contextmanager
def vpc(user: User) -> Iterator[str]:
    """A VPC, looked at in each way and renamed."""
    body = {"vpc": {"name": "gosdk", "cidr_block": "10.95.0.0/16"}}
    vpc_id = user.call("vpc.CreateVpc", body=body)["vpc"]["id"]
    try:
        assert user.call("vpc.GetVpc", vpc_id)["vpc"]["provisioning_status"] == "ACTIVE"
        user.call("vpc.PutBnsVpc", vpc_id, body={"vpc": {"name": "gosdk-2"}})
        assert [one["id"] for one in user.call("vpc.ListVpcs", Name="gosdk-2")["vpcs"]] == [vpc_id]
        yield vpc_id
    finally:
        user.call("vpc.DeleteVpc", vpc_id)
        wait_until_gone(user, "vpc.GetVpc", vpc_id)


def route_tables(user: User, vpc_id: str) -> str:
    """The main route table of a VPC; its internet route is deleted and added again."""
    (table,) = user.call("vpc.ListRouteTables", VpcId=vpc_id)["vpc_route_tables"]
    table_id: str = table["id"]
    shown = user.call("vpc.GetRouteTable", table_id)["vpc_route_table"]
    (way_out,) = (one for one in shown["routes"] if one["destination"] == EVERYWHERE)
    user.call("vpc.SetMainRouteTable", table_id)
    user.call("vpc.DeleteRoute", table_id, way_out["id"])
    route = {"route_type": "igw", "target_id": table_id, "destination": EVERYWHERE}
    added = user.call("vpc.AddRoute", table_id, body={"vpc_route": route})["vpc_route"]
    user.call("vpc.UpdateRoute", table_id, added["id"], body={"vpc_route": route})
    refused(user, 409, "vpc.DeleteRouteTable", table_id)
    return table_id


@contextlib.contextmanager
def second_route_table(user: User, vpc_id: str, main_id: str) -> Iterator[str]:
    """A route table beside the main one, which is the main one for a while."""
    body = {"vpc_route_table": {"name": "gosdk-second", "vpc_id": vpc_id}}
    table_id = user.call("vpc.CreateRouteTable", body=body)["vpc_route_table"]["id"]
    try:
        user.call("vpc.SetMainRouteTable", table_id)
        assert user.call("vpc.GetRouteTable", table_id)["vpc_route_table"]["is_main"] is True
        user.call("vpc.SetMainRouteTable", main_id)
        listed = user.call("vpc.ListRouteTables", VpcId=vpc_id)["vpc_route_tables"]
        assert {one["id"]: one["is_main"] for one in listed} == {table_id: False, main_id: True}
        yield table_id
    finally:
        user.call("vpc.DeleteRouteTable", table_id)
        wait_until_gone(user, "vpc.GetRouteTable", table_id)


@contextlib.contextmanager
def subnet(user: User, vpc_id: str) -> Iterator[str]:
    """A subnet, looked at in each way and renamed."""
    wanted = {
        "name": "gosdk",
        "vpc_id": vpc_id,
        "cidr_block": "10.95.16.0/20",
        "availability_zone": ZONE,
    }
    subnet_id = user.call("vpc.CreateSubnet", body={"subnet": wanted})["subnet"]["id"]
    try:
        assert user.call("vpc.GetSubnet", subnet_id)["subnet"]["vpc_id"] == vpc_id
        user.call("vpc.UpdateSubnet", subnet_id, body={"subnet": {"name": "gosdk-2"}})
        listed = user.call("vpc.ListSubnets", VpcId=vpc_id)["subnets"]
        assert [one["name"] for one in listed] == ["gosdk-2"]
        yield subnet_id
    finally:
        user.call("vpc.DeleteSubnet", subnet_id)
        wait_until_gone(user, "vpc.GetSubnet", subnet_id)


def association(user: User, table_id: str, second_id: str, subnet_id: str) -> None:
    """The association of a subnet, moved to the second route table and back."""
    for source, target in ((table_id, second_id), (second_id, table_id)):
        (found,) = user.call("vpc.ListRouteTableAssociations", source)["associations"]
        assert found["subnet_id"] == subnet_id
        body = {"association": {"target_route_table_id": target}}
        user.call("vpc.UpdateRouteTableAssociation", source, found["id"], body=body)
        assert user.call("vpc.GetSubnet", subnet_id)["subnet"]["route_table_id"] == target


def sharing(user: User, subnet_id: str, project_id: str) -> None:
    """A subnet that another project has for a while."""
    assert user.call("vpc.ListSubnetSharedProjects", subnet_id)["projects"] == []
    user.call("vpc.ShareSubnet", subnet_id, project_id)
    shared = user.call("vpc.ListSubnetSharedProjects", subnet_id)["projects"]
    assert [one["id"] for one in shared] == [project_id]
    user.call("vpc.UnshareSubnet", subnet_id, project_id)


@contextlib.contextmanager
def security_group(user: User) -> Iterator[str]:
    """A security group with a rule, looked at in each way and renamed."""
    body = {"security_group": {"name": "gosdk"}}
    group_id = user.call("network.CreateSecurityGroup", body=body)["security_group"]["id"]
    try:
        rule = {
            "direction": "ingress",
            "protocol": "TCP",
            "port_range_min": 22,
            "port_range_max": 22,
            "remote_ip_prefix": EVERYWHERE,
        }
        added = user.call(
            "network.CreateSecurityGroupRule", group_id, body={"security_group_rule": rule}
        )["security_group_rule"]
        body = {"security_group": {"name": "gosdk-2"}}
        user.call("network.UpdateSecurityGroup", group_id, body=body)
        shown = user.call("network.GetSecurityGroup", group_id)["security_group"]
        assert [one["id"] for one in shown["rules"]] == [added["id"]]
        assert user.call("network.ListSecurityGroups", Name="gosdk-2")["security_groups"]
        user.call("network.DeleteSecurityGroupRule", group_id, added["id"])
        yield group_id
    finally:
        user.call("network.DeleteSecurityGroup", group_id)


@contextlib.contextmanager
def interface(user: User, subnet_id: str, group_id: str) -> Iterator[str]:
    """A network interface, looked at in each way and changed."""
    wanted = {"name": "gosdk", "subnet_id": subnet_id, "security_groups": [group_id]}
    created = user.call("vpc.CreateNetworkInterface", body={"network_interface": wanted})
    interface_id = created["network_interface"]["id"]
    try:
        body = {"network_interface": {"name": "gosdk-2", "security_groups": [group_id]}}
        user.call("vpc.UpdateNetworkInterface", interface_id, body=body)
        user.call(
            "vpc.UpdateNetworkInterfaceAllowedAddresses",
            interface_id,
            body={"allowed_address_pairs": [{"ip_address": "10.95.20.0/24"}]},
        )
        shown = user.call("vpc.GetNetworkInterface", interface_id)["network_interface"]
        assert (shown["name"], shown["status"]) == ("gosdk-2", "available")
        listed = user.call("vpc.ListNetworkInterfaces", SubnetId=subnet_id)["network_interfaces"]
        assert [one["id"] for one in listed] == [interface_id]
        yield interface_id
    finally:
        user.call("vpc.DeleteNetworkInterface", interface_id)
        wait_until_gone(user, "vpc.GetNetworkInterface", interface_id)


def public_ip(user: User, interface_id: str) -> None:
    """A public IP that leads to a network interface for a while."""
    body = {"public_ip": {"description": "gosdk"}}
    public_ip_id = user.call("network.CreatePublicIp", body=body)["public_ip"]["id"]
    try:
        body = {"public_ip": {"description": "gosdk-2"}}
        user.call("network.UpdatePublicIp", public_ip_id, body=body)
        user.call("network.AssociatePublicIp", public_ip_id, interface_id)
        shown = user.call("network.GetPublicIp", public_ip_id)["public_ip"]
        assert (shown["status"], shown["related_resource"]["id"]) == ("in_use", interface_id)
        listed = user.call("network.ListPublicIps", RelatedResourceId=interface_id)["public_ips"]
        assert [one["id"] for one in listed] == [public_ip_id]
        user.call("network.DisassociatePublicIp", public_ip_id, interface_id)
    finally:
        user.call("network.DeletePublicIp", public_ip_id)
        wait_until_gone(user, "network.GetPublicIp", public_ip_id)
