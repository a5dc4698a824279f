# SPDX-License-Identifier: Apache-2.0
"""Operations of several writes: when the answer to one of them is lost, none is rolled back."""

import itertools
from collections import Counter
from typing import Any, Final

import pytest
import requests

from kic_vm import policies
from tests.unit.bodies import RULE, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.populated import populate
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
WRITES: Final = sorted(
    (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if guarded["method"] != "GET" and rule.check_str != policies.base.PUBLIC
)
VPC_WITH_SUBNET: Final = {
    "name": "office",
    "cidr_block": "10.20.0.0/16",
    "subnet": {"cidr_block": "10.20.16.0/20", "availability_zone": "kr-central-2-a"},
}


def send(who: Caller, method: str, path: str, **arguments: Any) -> Any:
    arguments = {**arguments_of(method, path), **arguments}
    return who.request(method, path_of(method, path), **arguments)


def lose_each(
    who: Caller, cloud: Cloud, method: str, path: str, **arguments: Any
) -> tuple[list[Any], list[Counter[str]]]:
    """Send a request until no answer to one of its writes is lost: the responses and writes."""
    responses, writes = [], []
    for number in itertools.count(1):
        populate(cloud)
        prepare(cloud, f"{method} {path}")
        cloud.lose_write(number, requests.ReadTimeout)
        cloud.forget()
        responses.append(send(who, method, path, **arguments))
        writes.append(Counter(cloud.writes()))
        if writes[-1].total() < number:
            break
    return responses, writes


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_nothing_is_rolled_back(
    admin: Caller, member: Caller, populated: Cloud, method: str, path: str
) -> None:
    """The service may still process the lost write, and needs what was created before it."""
    who = member if path.startswith("/api/v1/keypairs") else admin  # its creator
    responses, writes = lose_each(who, populated, method, path)
    assert responses[-1].status_code < 300, responses[-1].text
    for response, written in zip(responses[:-1], writes[:-1], strict=True):
        assert written <= writes[-1]
        if response.status_code >= 300:
            assert response.json["error"]["outcome"] == "unknown", response.text


def test_vpc_with_subnet(admin: Caller, populated: Cloud) -> None:
    """It has the most writes of all operations."""
    body = {"json": {"vpc": VPC_WITH_SUBNET}}
    responses, writes = lose_each(admin, populated, "POST", "/api/v1/vpcs", **body)
    assert responses[-1].status_code < 300, responses[-1].text
    assert len(writes) > 5
    for response, written in zip(responses[:-1], writes[:-1], strict=True):
        assert written <= writes[-1]
        assert response.json["error"]["outcome"] == "unknown", response.text


class TestRulesDeletedAtOnce:
    """A group without the rules that Neutron adds to it, two of them."""

    @pytest.fixture
    def rules(self, populated: Cloud) -> list[str]:
        """Neutron's paths of the rules that come with a group."""
        group = body("security_group")["security_group"]
        rules = [{**RULE, "id": number * 32} for number in "12"]
        created = {"security_group": group | {"security_group_rules": rules}}
        populated.answer("POST", "neutron", "/security-groups", created, 201)
        populated.answer("DELETE", "neutron", f"/security-groups/{group['id']}", status=204)
        return [f"/security-group-rules/{rule['id']}" for rule in rules]

    @pytest.mark.parametrize("lost", [0, 1])
    def test_one_is_refused_and_one_is_lost(
        self, member: Caller, populated: Cloud, rules: list[str], lost: int
    ) -> None:
        """The refusal does not make the other deletion less unknown."""
        populated.fail("DELETE", "neutron", rules[lost], requests.ReadTimeout)
        populated.answer("DELETE", "neutron", rules[1 - lost], status=403)
        answer = send(member, "POST", "/api/v1/security-groups")
        assert (answer.status_code, answer.json["error"]["outcome"]) == (504, "unknown")
        assert len(populated.writes()) == 3

    @pytest.mark.parametrize(
        ("undo", "outcome"), [({"status": 204}, None), ({"status": 403}, "unknown")]
    )
    def test_rollback(
        self, member: Caller, populated: Cloud, rules: list[str], undo: JSON, outcome: str | None
    ) -> None:
        """A refusal says whether something of the request remains."""
        for rule in rules:
            populated.answer("DELETE", "neutron", rule, status=403)
        group = body("security_group")["security_group"]["id"]
        populated.answer("DELETE", "neutron", f"/security-groups/{group}", **undo)
        answer = send(member, "POST", "/api/v1/security-groups")
        assert (answer.status_code, answer.json["error"].get("outcome")) == (403, outcome)
