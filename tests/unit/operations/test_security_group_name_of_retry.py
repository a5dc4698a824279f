# SPDX-License-Identifier: Apache-2.0
"""The name of a security group, if another request gets it before a creation is repeated."""

import pytest
import requests

from tests.unit.bodies import OTHER_GROUP, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.lost_posts import post, settle

GROUPS = "/api/v1/security-groups"


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def test_retry(admin: Caller, populated: Cloud, store: FakeRedis) -> None:
    """The retry is refused; the group stays, as it can be in use, and the outcome is unknown."""
    populated.lose_writes(requests.ReadTimeout)
    refusal(post(admin, GROUPS), 504, "upstream_timeout")
    sent = populated.sent("neutron", "POST")[0].json()["security_group"]
    own = body("security_group")["security_group"] | sent | {"security_group_rules": []}
    other = own | {"id": "another", "description": "of another request"}
    groups = {"security_groups": [other, own]}
    populated.answer("GET", "neutron", "/security-groups", groups)
    one = {"security_group": own}
    populated.answer("GET", "neutron", f"/security-groups/{OTHER_GROUP}", one)
    settle(store)
    populated.forget()
    refused = refusal(post(admin, GROUPS), 409, "already_exists")
    assert refused["outcome"] == "unknown"
    assert populated.writes() == []
