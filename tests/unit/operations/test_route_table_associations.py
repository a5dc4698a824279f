# SPDX-License-Identifier: Apache-2.0
"""The associations of subnets with route tables."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FREE_PUBLIC_IP, NETWORK, PORT
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_neutron import (
    FIRST_SUBNET,
    MAIN,
    SECOND,
    FakeNeutron,
    interface,
)
from tests.unit.operations.route_table_requests import ASSOCIATION, OTHER, TABLES, TO_SECOND, shown

JSON = dict[str, Any]


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
