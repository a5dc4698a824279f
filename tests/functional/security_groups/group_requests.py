# SPDX-License-Identifier: Apache-2.0
"""Requests about security groups, as the tests send them."""

from typing import Any

from tests.contract import check
from tests.functional.client import Client

JSON = dict[str, Any]
ALL = "/api/v1/security-groups"
PREFIX = "functional-group"
SSH: JSON = {
    "direction": "ingress",
    "protocol": "TCP",
    "port_range_min": 22,
    "port_range_max": 22,
    "remote_ip_prefix": "10.0.0.0/8",
}


def create(client: Client, name: str = PREFIX, **more: Any) -> JSON:
    """A new group."""
    body = {"security_group": {"name": name} | more}
    response = client.request("POST", ALL, json=body)
    assert response.status_code == 201, response.text
    assert check("network", "CreateSecurityGroup", response.json()) == []
    group: JSON = response.json()["security_group"]
    return group


def add(client: Client, group_id: str, **rule: Any) -> JSON:
    """A new rule."""
    response = client.request("POST", f"{ALL}/{group_id}/rules", json={"security_group_rule": rule})
    assert response.status_code == 201, response.text
    assert check("network", "CreateSecurityGroupRule", response.json()) == []
    added: JSON = response.json()["security_group_rule"]
    return added


def shown(client: Client, group_id: str) -> JSON:
    """A group."""
    body = client.get(f"{ALL}/{group_id}")
    assert check("network", "GetSecurityGroup", body) == []
    group: JSON = body["security_group"]
    return group


def enforced(network: Any, group_id: str) -> list[JSON]:
    """Neutron's own rules of a group."""
    answer = network.get(f"/security-group-rules?security_group_id={group_id}")
    rules: list[JSON] = answer.json()["security_group_rules"]
    return rules


def refused(response: Any, status: int, code: str) -> str:
    """The message of a refusal."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    return str(error["message"])
