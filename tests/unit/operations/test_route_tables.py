# SPDX-License-Identifier: Apache-2.0
"""Route tables: made, renamed, made the main one, deleted; whole or not at all."""

from collections.abc import Callable

import pytest

from tests.contract import check
from tests.unit.bodies import FREE_PORT, FREE_PUBLIC_IP, NETWORK, PORT, ROUTER
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_neutron import (
    FIRST_SUBNET,
    MAIN,
    SECOND,
    SECOND_SUBNET,
    FakeNeutron,
    interface,
)
from tests.unit.operations.route_table_requests import ASSOCIATION, OTHER, TABLES, TO_SECOND, shown

CREATE = {"vpc_route_table": {"name": "private", "vpc_id": NETWORK["id"]}}


def test_create(member: Caller, neutron: FakeNeutron) -> None:
    """It is in every subnet at the first reserved address, and has the local route alone."""
    response = member.post(TABLES, json=CREATE)
    assert response.status_code == 201, response.text
    assert check("vpc", "CreateRouteTable", response.json) == []
    made = response.json["vpc_route_table"]
    assert (made["name"], made["vpc_id"]) == ("private", NETWORK["id"])
    assert neutron.addresses(made["id"]) == ["10.20.0.2", "10.20.1.2"]
    table = shown(member, made["id"])
    assert (table["is_main"], table["associations"]) == (False, [])
    assert [route["target_type"] for route in table["routes"]] == ["local"]
    assert table["provisioning_status"] == "ACTIVE"


def test_addresses(member: Caller, neutron: FakeNeutron) -> None:
    """Reserved addresses are used first; when none is left, the pool's from its end."""
    neutron.add_second_table()
    neutron.add("ports", PORT | {"fixed_ips": interface(MAIN, FIRST_SUBNET, 3)["fixed_ips"]})
    found = [member.post(TABLES, json=CREATE).json["vpc_route_table"]["id"] for _ in range(4)]
    assert [neutron.addresses(one) for one in found] == [
        ["10.20.0.4", "10.20.1.3"],
        ["10.20.0.5", "10.20.1.4"],
        ["10.20.0.254", "10.20.1.5"],
        ["10.20.0.253", "10.20.1.254"],
    ]


def test_subnet_of_neutron(member: Caller, neutron: FakeNeutron) -> None:
    """A subnet that was made in Neutron has no reserved addresses."""
    neutron.add("subnets", FIRST_SUBNET | {"tags": []})
    made = member.post(TABLES, json=CREATE).json["vpc_route_table"]["id"]
    assert neutron.addresses(made) == ["10.20.0.254", "10.20.1.2"]


@pytest.mark.parametrize("number", range(1, 5))
def test_create_as_a_whole(member: Caller, neutron: FakeNeutron, number: int) -> None:
    """Whichever write is refused, nothing is left."""
    before = neutron.state()
    neutron.fail_at = number
    assert member.post(TABLES, json=CREATE).status_code == 409
    assert neutron.state() == before


def test_rename(member: Caller, neutron: FakeNeutron) -> None:
    """A route table has a name of its own."""
    neutron.add_second_table()
    response = member.put(OTHER, json={"vpc_route_table": {"name": "quiet"}})
    assert response.status_code == 200, response.text
    assert shown(member, SECOND["id"])["name"] == "quiet"
    assert shown(member, MAIN["id"])["name"] == MAIN["name"]


def test_set_main(member: Caller, neutron: FakeNeutron) -> None:
    """New subnets are associated with the main table; the others stay where they are."""
    neutron.add_second_table()
    assert member.put(f"{OTHER}/main").status_code == 204
    assert shown(member, SECOND["id"])["is_main"] is True
    assert shown(member, MAIN["id"])["is_main"] is False
    vpc = member.get(f"/api/v1/vpcs/{NETWORK['id']}").json["vpc"]
    assert vpc["default_route_table"]["id"] == SECOND["id"]
    assert vpc["igw"]["id"] == NETWORK["id"]
    assert neutron.addresses(MAIN["id"]) == ["10.20.0.1", "10.20.1.1"]
    wanted = {
        "name": "third",
        "vpc_id": NETWORK["id"],
        "cidr_block": "10.20.2.0/24",
        "availability_zone": "kr-central-2-a",
    }
    made = member.post("/api/v1/subnets", json={"subnet": wanted})
    assert made.status_code == 201, made.text
    assert "10.20.2.1" in neutron.addresses(SECOND["id"])
    assert "10.20.2.2" in neutron.addresses(MAIN["id"])
    assert member.put(f"{TABLES}/{MAIN['id']}/main").status_code == 204
    assert len(neutron.kept["networks"][NETWORK["id"]]["tags"]) == 1


@pytest.mark.parametrize("number", range(1, 6))
def test_create_subnet_as_a_whole(member: Caller, neutron: FakeNeutron, number: int) -> None:
    """A subnet that not every table reaches does not stay."""
    neutron.add_second_table()
    before = neutron.state()
    neutron.fail_at = number
    wanted = {
        "name": "third",
        "vpc_id": NETWORK["id"],
        "cidr_block": "10.20.2.0/24",
        "availability_zone": "kr-central-2-a",
    }
    assert member.post("/api/v1/subnets", json={"subnet": wanted}).status_code == 409
    assert neutron.state() == before


def test_delete(member: Caller, neutron: FakeNeutron) -> None:
    """It goes with its routes, its interfaces, and the ports that a broken-off call left."""
    neutron.add_second_table()
    fixed = interface(SECOND, FIRST_SUBNET, 4)["fixed_ips"]
    left = {
        "device_owner": "network:kic-vm-route-table",
        "description": f"Made by kic-vm for the route table {SECOND['id']}",
    }
    neutron.add("ports", FREE_PORT | {"fixed_ips": fixed} | left)
    neutron.kept["routers"][SECOND["id"]]["routes"] = [
        {"destination": "192.0.2.0/24", "nexthop": "10.20.0.9"}
    ]
    assert member.delete(OTHER).status_code == 204
    assert member.get(OTHER).status_code == 404
    assert {port["device_id"] for port in neutron.kept["ports"].values()} == {MAIN["id"]}


@pytest.mark.parametrize("number", range(1, 5))
def test_delete_as_a_whole(member: Caller, neutron: FakeNeutron, number: int) -> None:
    """Whichever write is refused, the table is as it was."""
    neutron.add_second_table()
    neutron.kept["routers"][SECOND["id"]]["routes"] = [
        {"destination": "192.0.2.0/24", "nexthop": "10.20.0.9"}
    ]
    before = neutron.state()
    neutron.fail_at = number
    assert member.delete(OTHER).status_code == 409
    assert neutron.state() == before


def test_delete_in_use(member: Caller, neutron: FakeNeutron) -> None:
    """Neither the main table goes, nor one with subnets, which are named."""
    error = refusal(member.delete(f"{TABLES}/{MAIN['id']}"), 409, "conflict")
    assert "main route table" in error["message"]
    neutron.add_second_table()
    assert member.put(ASSOCIATION, json=TO_SECOND).status_code == 200
    error = refusal(member.delete(OTHER), 409, "conflict")
    assert FIRST_SUBNET["id"] in error["message"]


def test_delete_subnet(member: Caller, neutron: FakeNeutron) -> None:
    """Every table leaves the subnet; when that fails each gets its address again."""
    neutron.add_second_table()
    path = f"/api/v1/subnets/{SECOND_SUBNET['id']}"
    before = neutron.state()
    neutron.fail_at = 3
    assert member.delete(path).status_code == 409
    assert neutron.state() == before
    neutron.fail_at = 0
    assert member.delete(path).status_code == 204
    assert neutron.addresses(SECOND["id"]) == ["10.20.0.2"]


@pytest.mark.parametrize("target_id", [NETWORK["id"], MAIN["id"], SECOND["id"]])
def test_internet_route(member: Caller, neutron: FakeNeutron, target_id: str) -> None:
    """The gateway has the VPC's id in every table; a table's id, as formerly shown, is taken."""
    neutron.add_second_table()
    route = {"route_type": "igw", "target_id": target_id, "destination": "0.0.0.0/0"}
    response = member.post(f"{OTHER}/routes", json={"vpc_route": route})
    assert response.status_code == 201, response.text
    neutron.kept["routers"][SECOND["id"]]["external_gateway_info"] |= {"external_fixed_ips": []}
    routes = shown(member, SECOND["id"])["routes"]
    assert [one["target_id"] for one in routes if not one["is_local_route"]] == [NETWORK["id"]]


def test_transit_gateway(member: Caller, neutron: FakeNeutron) -> None:
    """OpenStack has no transit gateways; the error names the field."""
    neutron.add_second_table()
    route = {"route_type": "tgw", "target_id": NETWORK["id"], "destination": "10.9.0.0/16"}
    error = refusal(
        member.post(f"{OTHER}/routes", json={"vpc_route": route}), 400, "invalid_request"
    )
    assert error["message"].startswith("route_type: this cloud has no transit gateways")


def test_public_ip_in_a_private_subnet(
    caller: Callable[[str], Caller], member: Caller, neutron: FakeNeutron
) -> None:
    """A public IP is refused where the subnet's own table has no internet gateway."""
    admin = caller("admin")
    neutron.add_second_table()
    assert member.put(ASSOCIATION, json=TO_SECOND).status_code == 200
    fixed = {"subnet_id": FIRST_SUBNET["id"], "ip_address": "10.20.0.9"}
    neutron.add("ports", FREE_PORT | {"fixed_ips": [fixed]})
    neutron.add("floatingips", FREE_PUBLIC_IP)
    path = f"/api/v1/public-ips/{FREE_PUBLIC_IP['id']}/network-interfaces/{FREE_PORT['id']}"
    error = refusal(admin.put(path), 409, "conflict")
    assert "no internet gateway" in error["message"]
    neutron.kept["routers"][SECOND["id"]]["external_gateway_info"] = ROUTER["external_gateway_info"]
    assert admin.put(path).status_code == 200
