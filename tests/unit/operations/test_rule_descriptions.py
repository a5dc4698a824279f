# SPDX-License-Identifier: Apache-2.0
"""A rule that stands in its group with several descriptions, of which Neutron keeps one."""

import re
from typing import Any, Final
from urllib.parse import unquote

import pytest

from tests.texts import TEXTS
from tests.unit.bodies import OTHER_GROUP, RULE, body
from tests.unit.cloud import URLS, Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal

JSON = dict[str, Any]

PATH: Final = f"/api/v1/security-groups/{OTHER_GROUP}"
CREATE: Final = {
    "direction": "ingress",
    "protocol": "TCP",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "10.0.0.0/8",
}
NEUTRON: Final = RULE | CREATE | {"protocol": "tcp", "remote_group_id": None, "ethertype": "IPv4"}
DOCUMENTED: Final = TEXTS["documented length"]
LONGEST: Final = TEXTS["longest"]


class Group:
    """A group with one rule in Neutron, and the tags that it is given."""

    def __init__(self, cloud: Cloud) -> None:
        self.tags: list[str] = []
        self.refused_part: str | None = None
        self._rule = NEUTRON | {"description": "old"}
        tags = re.compile(re.escape(f"{URLS['neutron']}/security-groups/{OTHER_GROUP}/tags/"))
        cloud.answer("GET", "neutron", f"/security-groups/{OTHER_GROUP}", self._show)
        cloud.answer_pattern("PUT", tags, self._tag)
        cloud.answer_pattern("DELETE", tags, self._untag)

    def _show(self, _request: Request, _context: Any) -> JSON:
        group = body("security_group")["security_group"]
        return {"security_group": group | {"tags": self.tags, "security_group_rules": [self._rule]}}

    def _tag(self, request: Request, context: Any) -> JSON:
        tag = unquote(request.url.rpartition("/tags/")[2])
        assert len(tag) <= 255
        assert tag.isascii()
        if self.refused_part and self.refused_part in tag:
            context.status_code = 500
            return {}
        context.status_code = 201
        if tag not in self.tags:
            self.tags.append(tag)
        return {}

    def _untag(self, request: Request, context: Any) -> JSON:
        tag = unquote(request.url.rpartition("/tags/")[2])
        context.status_code = 204 if tag in self.tags else 404
        self.tags = [one for one in self.tags if one != tag]
        return {}


@pytest.fixture
def group(populated: Cloud) -> Group:
    """A group in which the rule stands with the description `old`."""
    return Group(populated)


def add(member: Caller, description: str) -> Any:
    """Add the rule with a description."""
    rule = CREATE | {"description": description}
    return member.post(f"{PATH}/rules", json={"security_group_rule": rule})


def shown(member: Caller) -> dict[str, str]:
    """The group's rules: id -> description."""
    rules = member.get(PATH).json["security_group"]["rules"]
    return {rule["id"]: rule["description"] for rule in rules}


@pytest.mark.parametrize("description", ["new", DOCUMENTED, LONGEST, "a" * 255, "a\nb\n", ""])
def test_changed(member: Caller, group: Group, description: str) -> None:
    """A description of any possible length takes the place of another one."""
    made = add(member, description)
    assert made.status_code == 201, made.text
    rule = made.json["security_group_rule"]
    assert rule["description"] == description
    assert shown(member) == {RULE["id"]: "old", rule["id"]: description}
    assert member.get(PATH).json["security_group"]["tags"] == []
    assert member.delete(f"{PATH}/rules/{RULE['id']}").status_code == 204
    assert shown(member) == {rule["id"]: description}
    refusal(add(member, description), 409, "already_exists")


def test_several(member: Caller, group: Group) -> None:
    """Long descriptions of one rule do not mix, and each goes by itself."""
    descriptions = [DOCUMENTED, LONGEST, LONGEST[:-1] + "나"]
    ids = [add(member, one).json["security_group_rule"]["id"] for one in descriptions]
    assert shown(member) == dict(zip([RULE["id"], *ids], ["old", *descriptions], strict=True))
    assert member.delete(f"{PATH}/rules/{ids[1]}").status_code == 204
    assert set(shown(member).values()) == {"old", descriptions[0], descriptions[2]}
    for rule_id in (ids[0], ids[2]):
        assert member.delete(f"{PATH}/rules/{rule_id}").status_code == 204
    assert shown(member) == {RULE["id"]: "old"}
    assert group.tags == []


def test_failure(member: Caller, group: Group) -> None:
    """Where a part of a description cannot be noted, nothing of it is shown."""
    group.refused_part = ":1:"
    assert add(member, LONGEST).status_code == 502
    assert shown(member) == {RULE["id"]: "old"}
    group.refused_part = None
    made = add(member, LONGEST)
    assert made.status_code == 201
    assert made.json["security_group_rule"]["id"] in shown(member)
