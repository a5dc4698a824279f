# SPDX-License-Identifier: Apache-2.0
"""Retries that find what an earlier attempt has made, and are refused when they complete it."""

from typing import Any, Final

import pytest
import requests

from tests.unit.bodies import NETWORK, OTHER_GROUP, RULE, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.fake_neutron import SECOND
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post, settle
from tests.unit.populated import answer_marked
from tests.unit.populated_networks import NEW_NETWORK, NEW_SUBNET
from tests.unit.prepared import prepare

JSON = dict[str, Any]
GROUP: Final = body("security_group")["security_group"]
FIRST_RULE: Final = RULE | {
    "direction": "egress",
    "protocol": None,
    "port_range_min": None,
    "port_range_max": None,
    "remote_ip_prefix": None,
    "remote_group_id": None,
    "created_at": GROUP["created_at"],
}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.mark.parametrize(
    ("path", "method", "neutron", "found"),
    [
        ("/api/v1/vpcs", "POST", "/routers", {"networks": NEW_NETWORK}),
        (
            "/api/v1/subnets",
            "PUT",
            f"/subnets/{NEW_SUBNET['id']}/tags",
            {"subnets": NEW_SUBNET | {"network_id": NETWORK["id"], "tags": []}},
        ),
        ("/api/v1/route-tables", "POST", "/ports", {"routers": SECOND}),
        (
            "/api/v1/security-groups",
            "DELETE",
            f"/security-group-rules/{RULE['id']}",
            {"security_groups": GROUP},
        ),
    ],
    ids=["VPC", "subnet", "route table", "group"],
)
def test_earlier_parts_remain(
    admin: Caller,
    populated: Cloud,
    store: FakeRedis,
    path: str,
    method: str,
    neutron: str,
    found: JSON,
) -> None:
    """The error tells it, and a later retry finds them and completes them."""
    prepare(populated, f"POST {path}")
    populated.lose_write(1, requests.ReadTimeout)
    assert post(admin, path).status_code == 504
    settle(store)
    (sent,) = populated.sent("neutron", "POST")
    (wanted,) = sent.json().values()
    description = wanted["description"]

    def answer(_request: Any, collection: str) -> JSON:
        resource = found.get(collection)
        return {collection: [resource | {"description": description}] if resource else []}

    answer_marked(populated, answer)
    whole = GROUP | {"description": description, "security_group_rules": [FIRST_RULE]}
    populated.answer("GET", "neutron", f"/security-groups/{OTHER_GROUP}", {"security_group": whole})
    populated.answer(method, "neutron", neutron, status=409, json={})
    for _ in range(2):
        populated.forget()
        retry = post(admin, path)
        assert (retry.status_code, retry.json["error"]["outcome"]) == (409, "unknown")
        assert f"{method} neutron {neutron}" in populated.writes()
        settle(store)
