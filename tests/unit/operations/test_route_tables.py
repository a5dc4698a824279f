# SPDX-License-Identifier: Apache-2.0
"""Route tables: made, renamed, associated, made the main one, deleted; whole or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FREE_PORT, FREE_PUBLIC_IP, NETWORK, PORT, ROUTER
from tests.unit.cloud import Cloud
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

JSON = dict[str, Any]
TABLES = "/api/v1/route-tables"
OTHER = f"{TABLES}/{SECOND['id']}"
CREATE = {"vpc_route_table": {"name": "private", "vpc_id": NETWORK["id"]}}
TO_SECOND = {"association": {"target_route_table_id": SECOND["id"]}}
ASSOCIATION = f"{TABLES}/{MAIN['id']}/associations/{FIRST_SUBNET['id']}"


@pytest.fixture
def neutron(populated: Cloud) -> FakeNeutron:
    """The VPC of these tests."""
    return FakeNeutron(populated)


def shown(caller: Caller, table_id: str) -> JSON:
    """A route table, held against the contract."""
    response = caller.get(f"{TABLES}/{table_id}")
    assert response.status_code == 200, response.text
    assert check("vpc", "GetRouteTable", response.json) == []
    table: JSON = response.json["vpc_route_table"]
    return table


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


def test_associate(member: Caller, neutron: FakeNeutron) -> None:
    """The two routers exchange their places; the association keeps its id."""
    neutron.add_second_table()
    response = member.put(ASSOCIATION, json=TO_SECOND)
    assert response.status_code == 200, response.text
    assert check("vpc", "UpdateRouteTableAssociation", response.json) == []
    changed = response.json["association"]
    assert (changed["id"], changed["route_table_id"]) == (FIRST_SUBNET["id"], SECOND["id"])
    assert neutron.addresses(SECOND["id"]) == ["10.20.0.1", "10.20.1.2"]
    assert neutron.addresses(MAIN["id"]) == ["10.20.0.3", "10.20.1.1"]
    subnet = member.get(f"/api/v1/subnets/{FIRST_SUBNET['id']}").json["subnet"]
    assert subnet["route_table_id"] == SECOND["id"]
    (association,) = shown(member, SECOND["id"])["associations"]
    assert association["id"] == changed["id"]
    refusal(member.put(ASSOCIATION, json=TO_SECOND), 404, "not_found")


@pytest.mark.parametrize("number", [1, 2])
def test_associate_as_a_whole(member: Caller, neutron: FakeNeutron, number: int) -> None:
    """Whichever write is refused, the subnet has the table it had."""
    neutron.add_second_table()
    before = neutron.state()
    neutron.fail_at = number
    assert member.put(ASSOCIATION, json=TO_SECOND).status_code == 409
    assert neutron.state() == before


def test_associate_with_an_incomplete_table(member: Caller, neutron: FakeNeutron) -> None:
    """A table whose creation was broken off is finished first."""
    neutron.add_second_table(connected=False)
    assert shown(member, SECOND["id"])["provisioning_status"] == "PENDING_UPDATE"
    assert member.put(ASSOCIATION, json=TO_SECOND).status_code == 200
    assert neutron.addresses(SECOND["id"]) == ["10.20.0.1", "10.20.1.2"]
    assert shown(member, SECOND["id"])["provisioning_status"] == "ACTIVE"


def test_subnet_without_a_router(member: Caller, neutron: FakeNeutron) -> None:
    """A subnet of Neutron that no router is in keeps no table from being ready."""
    neutron.add_second_table()
    neutron.add("subnets", FIRST_SUBNET | {"id": "e7c2a9b4-1d3f-4586-8a0c-5b9e7d2f6c13"})
    for table in (MAIN, SECOND):
        assert shown(member, table["id"])["provisioning_status"] == "ACTIVE"


def test_associate_after_a_broken_off_change(member: Caller, neutron: FakeNeutron) -> None:
    """While no router is the gateway, the subnet has no table, and any table can be the source."""
    neutron.add_second_table()
    neutron.add("ports", interface(MAIN, FIRST_SUBNET, 1) | interface_at(3))
    subnet = f"/api/v1/subnets/{FIRST_SUBNET['id']}"
    assert member.get(subnet).json["subnet"]["route_table_id"] is None
    assert member.put(ASSOCIATION, json=TO_SECOND).status_code == 200
    assert member.get(subnet).json["subnet"]["route_table_id"] == SECOND["id"]
    assert neutron.addresses(MAIN["id"]) == ["10.20.0.3", "10.20.1.1"]


def interface_at(last: int) -> JSON:
    """Another place in the first subnet."""
    return {"fixed_ips": interface(MAIN, FIRST_SUBNET, last)["fixed_ips"]}


def test_associate_where_it_is(member: Caller, neutron: FakeNeutron) -> None:
    """The table that a subnet has is answered as done."""
    body = {"association": {"target_route_table_id": MAIN["id"]}}
    before = neutron.state()
    assert member.put(ASSOCIATION, json=body).status_code == 200
    assert neutron.state() == before


def test_associate_under_a_public_ip(member: Caller, neutron: FakeNeutron) -> None:
    """A public IP would lose its way out: it is named, and nothing is changed."""
    neutron.add_second_table()
    fixed = {"subnet_id": FIRST_SUBNET["id"], "ip_address": "10.20.0.9"}
    neutron.add("ports", PORT | {"fixed_ips": [fixed]})
    leading = FREE_PUBLIC_IP | {"port_id": PORT["id"], "router_id": MAIN["id"]}
    neutron.add("floatingips", leading)
    error = refusal(member.put(ASSOCIATION, json=TO_SECOND), 409, "conflict")
    assert leading["floating_ip_address"] in error["message"]
    assert neutron.addresses(MAIN["id"]) == ["10.20.0.1", "10.20.1.1"]


@pytest.mark.parametrize(
    ("path", "target", "status"),
    [
        (ASSOCIATION, "b5b1f7c2-6b58-4e09-8d14-2f9e7b5c6a08", 400),
        (f"{TABLES}/{MAIN['id']}/associations/{NETWORK['id']}", SECOND["id"], 404),
        (f"{OTHER}/associations/{FIRST_SUBNET['id']}", MAIN["id"], 404),
        (f"{TABLES}/{NETWORK['id']}/associations/{FIRST_SUBNET['id']}", MAIN["id"], 404),
    ],
)
def test_associate_what_is_not(
    member: Caller, neutron: FakeNeutron, path: str, target: str, status: int
) -> None:
    """Tables and associations that there are not are refused, and nothing is changed."""
    neutron.add_second_table()
    before = neutron.state()
    body = {"association": {"target_route_table_id": target}}
    assert member.put(path, json=body).status_code == status
    assert neutron.state() == before


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
