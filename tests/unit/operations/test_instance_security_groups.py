# SPDX-License-Identifier: Apache-2.0
"""Security groups of an instance's network interface."""

from typing import Any

import pytest

from tests.contract import check
from tests.unit.bodies import FREE_PORT, GROUP, INSTANCE, OTHER_GROUP, PORT, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.personas import OTHER_PROJECT

JSON = dict[str, Any]
ALL = f"{INSTANCE}/network-interfaces/{PORT['id']}/security-groups"
ONE = f"{ALL}/{OTHER_GROUP}"
BOTH = [GROUP, OTHER_GROUP]


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def in_groups(cloud: Cloud, *groups: str) -> None:
    """The interface is in these, and takes every change."""
    path = f"/ports/{PORT['id']}"
    cloud.answer("GET", "neutron", path, {"port": PORT | {"security_groups": list(groups)}})
    cloud.answer(
        "PUT", "neutron", path, lambda request, context: {"port": PORT | request.json()["port"]}
    )


def test_attach(member: Caller, populated: Cloud) -> None:
    """The group comes to those that are there, in 4 calls, unless they have changed meanwhile."""
    in_groups(populated, GROUP)
    response = member.post(ONE)
    assert response.status_code == 200, response.text
    assert check("bcs", "AttachSecurityGroup", response.json) == []
    assert response.json == {"security_group": {"ids": BOTH}}
    (sent,) = populated.sent("neutron", "PUT")
    assert sent.json() == {"port": {"security_groups": BOTH}}
    assert sent.headers["If-Match"] == f"revision_number={PORT['revision_number']}"
    assert len(populated.calls()) == 4


def test_attach_twice(member: Caller, populated: Cloud) -> None:
    """An interface that is in the group already is 409."""
    in_groups(populated, *BOTH)
    assert "already" in refusal(member.post(ONE), 409, "conflict")["message"]
    assert populated.writes() == []


def test_attach_another_projects(member: Caller, populated: Cloud) -> None:
    """A group that Neutron shows to a cloud admin only is not there."""
    group = body("security_group")
    group["security_group"]["project_id"] = OTHER_PROJECT
    populated.answer("GET", "neutron", f"/security-groups/{OTHER_GROUP}", group)
    refusal(member.post(ONE), 404, "not_found")
    assert populated.writes() == []


def test_attach_what_is_none(member: Caller, populated: Cloud) -> None:
    """A group that does not exist is 404."""
    populated.refuse("GET", "neutron", f"/security-groups/{OTHER_GROUP}", "neutron_404_group")
    refusal(member.post(ONE), 404, "not_found")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("neutron_400_port_security", "Security is disabled"),
        ("neutron_412", "at the same time"),
    ],
)
def test_refused_by_neutron(member: Caller, populated: Cloud, name: str, words: str) -> None:
    """Neutron's own reasons are told in our words."""
    populated.refuse("PUT", "neutron", f"/ports/{PORT['id']}", name)
    assert words in refusal(member.post(ONE), 409, "conflict")["message"]


def test_detach(member: Caller, populated: Cloud) -> None:
    """The others stay, in 3 calls."""
    in_groups(populated, *BOTH)
    response = member.delete(ONE)
    assert response.status_code == 200, response.text
    assert check("bcs", "DetachSecurityGroup", response.json) == []
    assert response.json == {"security_group": {"ids": [GROUP]}}
    assert len(populated.calls()) == 3


def test_detach_what_is_not_attached(member: Caller, populated: Cloud) -> None:
    """A group that the interface is not in is 404."""
    error = refusal(member.delete(ONE), 404, "not_found")
    assert "not in this security group" in error["message"]
    assert populated.writes() == []


def test_detach_the_last(member: Caller, populated: Cloud) -> None:
    """As documented an interface has at least one group: 409."""
    assert "only" in refusal(member.delete(f"{ALL}/{GROUP}"), 409, "conflict")["message"]
    assert populated.writes() == []


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_interface_of_another_instance(member: Caller, populated: Cloud, method: str) -> None:
    """An interface that is not at this instance is 404 below it."""
    path = ONE.replace(PORT["id"], FREE_PORT["id"])
    refusal(member.request(method, path), 404, "not_found")
    assert populated.writes() == []
