# SPDX-License-Identifier: Apache-2.0
"""Names of security groups, when two requests want the same one at the same time."""

from typing import Any

import pytest

from tests.unit.bodies import OTHER_GROUP, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]
GROUPS = "/api/v1/security-groups"
OWN: JSON = body("security_group")["security_group"]
WANTED = {"security_group": {"name": "twin", "description": None}}


def listed(*groups: JSON) -> JSON:
    """An answer of Neutron's with these groups beside those that are there."""
    return {"json": {"security_groups": [*body("security_groups")["security_groups"], *groups]}}


@pytest.fixture
def doubled(populated: Cloud) -> Cloud:
    """Neutron shows another group of the name after it has given it, not before."""
    mine = OWN | {"name": "twin"}
    answers = [listed(), listed(mine, {"id": "another", "name": "twin"})]
    populated.answer_in_turn("GET", "neutron", "/security-groups", answers)
    populated.answer("POST", "neutron", "/security-groups", {"security_group": mine}, 201)
    populated.answer("DELETE", "neutron", f"/security-groups/{OTHER_GROUP}", status=204)
    populated.answer("PUT", "neutron", f"/security-groups/{OTHER_GROUP}", {"security_group": mine})
    for rule in OWN["security_group_rules"]:
        populated.answer("DELETE", "neutron", f"/security-group-rules/{rule['id']}", status=204)
    return populated


def test_create(member: Caller, doubled: Cloud) -> None:
    """The group goes again: two requests never both succeed."""
    error = refusal(member.post(GROUPS, json=WANTED), 409, "already_exists")
    assert "at the same time" in error["message"]
    assert f"DELETE neutron /security-groups/{OTHER_GROUP}" in doubled.writes()


def test_rename(member: Caller, doubled: Cloud) -> None:
    """The group has its old name again."""
    changes = {"security_group": {"name": "twin", "description": "new"}}
    response = member.put(f"{GROUPS}/{OTHER_GROUP}", json=changes)
    assert "at the same time" in refusal(response, 409, "already_exists")["message"]
    _changed, restored = doubled.sent("neutron", "PUT")
    before = {key: OWN[key] for key in ("name", "description")}
    assert restored.json() == {"security_group": before}


def test_description(member: Caller, populated: Cloud) -> None:
    """A change that leaves the name alone asks for the names once."""
    changes = {"security_group": {"description": "new"}}
    assert member.put(f"{GROUPS}/{OTHER_GROUP}", json=changes).status_code == 200
    assert len([call for call in populated.calls() if "GET neutron" in call]) == 2
