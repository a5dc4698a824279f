# SPDX-License-Identifier: Apache-2.0
"""Subnets for other projects: shared alone, taken back unused, and never with a second subnet."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FREE_PORT, IMAGE_MEMBER, NETWORK, SUBNET, error
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_neutron import SECOND_SUBNET, FakeNeutron
from tests.unit.personas import PROJECT

JSON = dict[str, Any]
THIRD = IMAGE_MEMBER["member_id"]
PROJECTS = f"/api/v1/subnets/{SUBNET['id']}/projects"
CREATE = {
    "name": "second",
    "vpc_id": NETWORK["id"],
    "cidr_block": "10.20.2.0/24",
    "availability_zone": "kr-central-2-a",
}


@pytest.fixture
def neutron(populated: Cloud) -> FakeNeutron:
    """A VPC with one subnet."""
    fake = FakeNeutron(populated)
    del fake.kept["subnets"][SECOND_SUBNET["id"]]
    return fake


def shared_with(neutron: FakeNeutron, *projects: str) -> None:
    """The VPC is shared with these projects."""
    for number, project in enumerate(projects):
        share = {
            "id": f"20000000-0000-4000-8000-{number:012}",
            "object_type": "network",
            "object_id": NETWORK["id"],
            "action": "access_as_shared",
            "target_tenant": project,
        }
        neutron.add("rbac-policies", share)


def test_share(member: Caller, neutron: FakeNeutron) -> None:
    """One policy of Neutron's for one project; the list has it."""
    response = member.post(f"{PROJECTS}/{THIRD}")
    assert (response.status_code, response.data) == (204, b"")
    (policy,) = neutron.kept["rbac-policies"].values()
    assert (policy["object_id"], policy["target_tenant"]) == (NETWORK["id"], THIRD)
    response = member.get(PROJECTS)
    assert check("vpc", "ListSubnetSharedProjects", response.json) == []
    assert response.json["projects"] == [{"id": THIRD}]
    refusal(member.post(f"{PROJECTS}/{THIRD}"), 409, "already_exists")


def test_share_one_of_several(member: Caller, neutron: FakeNeutron) -> None:
    """The others would be shared too: they are named, and nothing is shared."""
    neutron.add("subnets", SECOND_SUBNET)
    error = refusal(member.post(f"{PROJECTS}/{THIRD}"), 409, "conflict")
    assert SECOND_SUBNET["id"] in error["message"]
    assert neutron.kept["rbac-policies"] == {}


def test_second_subnet_meanwhile(member: Caller, populated: Cloud, neutron: FakeNeutron) -> None:
    """A subnet that is made at the same moment ends the sharing again."""

    def listed(_request: Request, _context: Any) -> JSON:
        return {"subnets": [SUBNET, SECOND_SUBNET]}

    populated.answer("GET", "neutron", f"/subnets?network_id={NETWORK['id']}", listed)
    error = refusal(member.post(f"{PROJECTS}/{THIRD}"), 409, "conflict")
    assert SECOND_SUBNET["id"] in error["message"]
    assert neutron.kept["rbac-policies"] == {}


@pytest.mark.parametrize(
    ("project", "status"), [(PROJECT, 400), ("*", 404), ("everybody", 404), ("0" * 32, 404)]
)
def test_share_with_nobody(
    member: Caller, populated: Cloud, neutron: FakeNeutron, project: str, status: int
) -> None:
    """The project's own id, and what is no project's, are refused."""
    populated.answer("GET", "keystone", f"/projects/{'0' * 32}", **error("keystone_404_project"))
    assert member.post(f"{PROJECTS}/{project}").status_code == status
    assert neutron.kept["rbac-policies"] == {}


@pytest.mark.parametrize("projects", [[THIRD], ["*"]])
def test_second_subnet_in_a_shared_vpc(
    member: Caller, neutron: FakeNeutron, projects: list[str]
) -> None:
    """It would be shared without having been asked for."""
    shared_with(neutron, *projects)
    error = refusal(member.post("/api/v1/subnets", json={"subnet": CREATE}), 409, "conflict")
    assert "shared" in error["message"]
    assert list(neutron.kept["subnets"]) == [SUBNET["id"]]


def test_unshare(member: Caller, neutron: FakeNeutron) -> None:
    """Only this project loses it."""
    shared_with(neutron, THIRD, "1" * 32)
    assert member.delete(f"{PROJECTS}/{THIRD}").status_code == 204
    assert member.get(PROJECTS).json["projects"] == [{"id": "1" * 32}]
    refusal(member.delete(f"{PROJECTS}/{THIRD}"), 404, "not_found")


def test_unshare_in_use(member: Caller, neutron: FakeNeutron) -> None:
    """While the project has network interfaces in it, it stays shared; they are named."""
    shared_with(neutron, THIRD)
    neutron.add("ports", FREE_PORT | {"project_id": THIRD})
    error = refusal(member.delete(f"{PROJECTS}/{THIRD}"), 409, "conflict")
    assert error["network_interfaces"] == [FREE_PORT["id"]]
    assert FREE_PORT["id"] in error["message"]
    assert len(neutron.kept["rbac-policies"]) == 1


def test_of_another_project(
    caller: Callable[[str], Caller], neutron: FakeNeutron, populated: Cloud
) -> None:
    """Whom it is shared with sees it as shared, and cannot share it on."""
    neutron.add("networks", NETWORK | {"shared": True})
    other = caller("other")
    shown = other.get(f"/api/v1/subnets/{SUBNET['id']}").json["subnet"]
    assert (shown["is_shared"], shown["owner_project_id"]) == (True, PROJECT)
    for response in (
        other.post(f"{PROJECTS}/{THIRD}"),
        other.delete(f"{PROJECTS}/{THIRD}"),
        other.get(PROJECTS),
    ):
        refusal(response, 403, "forbidden")
    assert populated.writes() == []
