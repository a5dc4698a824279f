# SPDX-License-Identifier: Apache-2.0
"""Routes that another request adds while a VPC or a route table is being deleted: none is lost."""

from typing import Final

import pytest

from kic_vm.mappings.networks import FIRST_SUBNET_TAG
from tests.unit.bodies import NETWORK
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_neutron import FIRST_SUBNET, MAIN, SECOND, SECOND_SUBNET, FakeNeutron

VPC: Final = f"/api/v1/vpcs/{NETWORK['id']}"
TABLE: Final = f"/api/v1/route-tables/{SECOND['id']}"
OLD: Final = {"destination": "192.0.2.0/24", "nexthop": "10.20.0.9"}
NEW: Final = {"destination": "198.51.100.0/24", "nexthop": "10.20.0.9"}


@pytest.fixture
def vpc(neutron: FakeNeutron) -> FakeNeutron:
    """A VPC with the subnet that was made with it, and one route."""
    del neutron.kept["subnets"][SECOND_SUBNET["id"]]
    for port in list(neutron.kept["ports"].values()):
        if port["fixed_ips"][0]["subnet_id"] == SECOND_SUBNET["id"]:
            del neutron.kept["ports"][port["id"]]
    neutron.kept["subnets"][FIRST_SUBNET["id"]]["tags"] = [FIRST_SUBNET_TAG]
    neutron.add_route(MAIN["id"], OLD)
    return neutron


@pytest.fixture
def table(neutron: FakeNeutron) -> FakeNeutron:
    """A VPC with a second route table, which has one route."""
    neutron.add_second_table()
    neutron.add_route(SECOND["id"], OLD)
    return neutron


def routes(neutron: FakeNeutron, router_id: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = neutron.kept["routers"][router_id]["routes"]
    return found


def test_vpc(member: Caller, vpc: FakeNeutron) -> None:
    """Without another request, the VPC goes with its routes."""
    assert member.delete(VPC).status_code == 204
    assert vpc.kept["routers"] == {}


def test_added_before(member: Caller, vpc: FakeNeutron) -> None:
    """A VPC whose routes have changed since they were read stays, with all of them."""
    vpc.meanwhile[1] = lambda: vpc.add_route(MAIN["id"], NEW)
    error = refusal(member.delete(VPC), 409, "conflict")
    assert "at the same time" in error["message"]
    assert routes(vpc, MAIN["id"]) == [OLD, NEW]


def test_added_before_to_a_table(member: Caller, table: FakeNeutron) -> None:
    """So does a route table."""
    table.meanwhile[1] = lambda: table.add_route(SECOND["id"], NEW)
    error = refusal(member.delete(TABLE), 409, "conflict")
    assert "at the same time" in error["message"]
    assert routes(table, SECOND["id"]) == [OLD, NEW]


def test_added_afterwards(member: Caller, vpc: FakeNeutron) -> None:
    """When a later step fails, the removed routes come back beside the new one."""
    vpc.meanwhile[2] = lambda: vpc.add_route(MAIN["id"], NEW)
    vpc.fail_at = 2
    refusal(member.delete(VPC), 409, "conflict")
    assert routes(vpc, MAIN["id"]) == [NEW, OLD]


def test_added_afterwards_to_a_table(member: Caller, table: FakeNeutron) -> None:
    """So they do in a route table."""
    table.meanwhile[2] = lambda: table.add_route(SECOND["id"], NEW)
    table.fail_at = 2
    refusal(member.delete(TABLE), 409, "conflict")
    assert routes(table, SECOND["id"]) == [NEW, OLD]
