# SPDX-License-Identifier: Apache-2.0
"""Operations of several writes: when the answer to one cannot be read, none is rolled back."""

from typing import Any, Final

import pytest

from tests.unit.bodies import OTHER_GROUP
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.test_lost_steps import VPC_WITH_SUBNET, send
from tests.unit.prepared import prepare

JSON = dict[str, Any]
VPC: Final = {"json": {"vpc": VPC_WITH_SUBNET}}
GROUP: Final = "/api/v1/security-groups/{security_group_id}"


@pytest.mark.parametrize("resource", [{"name": "x"}, {}, "text"], ids=str)
@pytest.mark.parametrize(
    ("method", "path", "arguments", "neutron", "key"),
    [
        ("POST", "/api/v1/vpcs", {}, "/networks", "network"),
        ("POST", "/api/v1/vpcs", VPC, "/subnets", "subnet"),
        ("POST", "/api/v1/vpcs", VPC, "/routers", "router"),
        ("POST", "/api/v1/route-tables", {}, "/routers", "router"),
        ("POST", "/api/v1/security-groups", {}, "/security-groups", "security_group"),
        ("PUT", GROUP, {}, f"/security-groups/{OTHER_GROUP}", "security_group"),
    ],
    ids=["VPC", "subnet of a VPC", "router of a VPC", "route table", "group", "name of a group"],
)
def test_nothing_is_rolled_back(
    admin: Caller,
    populated: Cloud,
    method: str,
    path: str,
    arguments: JSON,
    neutron: str,
    key: str,
    resource: object,
) -> None:
    """What was made without a known id cannot be deleted, and may need what was made before."""
    prepare(populated, f"{method} {path}")
    populated.answer(method, "neutron", neutron, {key: resource})
    answer = send(admin, method, path, **arguments)
    assert (answer.status_code, answer.json["error"]["code"]) == (502, "upstream_error")
    assert answer.json["error"]["outcome"] == "unknown"
    writes = populated.writes()
    assert [call for call in writes if call.startswith("DELETE")] == []
    assert len(set(writes)) == len(writes)  # nothing gets its former name
