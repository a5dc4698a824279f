# SPDX-License-Identifier: Apache-2.0
"""Route tables, as the tests name and read them."""

from typing import Any

from tests.contract import check
from tests.unit.conftest import Caller
from tests.unit.fake_neutron import (
    FIRST_SUBNET,
    MAIN,
    SECOND,
)

JSON = dict[str, Any]
TABLES = "/api/v1/route-tables"
OTHER = f"{TABLES}/{SECOND['id']}"
TO_SECOND = {"association": {"target_route_table_id": SECOND["id"]}}
ASSOCIATION = f"{TABLES}/{MAIN['id']}/associations/{FIRST_SUBNET['id']}"


def shown(caller: Caller, table_id: str) -> JSON:
    """A route table, held against the contract."""
    response = caller.get(f"{TABLES}/{table_id}")
    assert response.status_code == 200, response.text
    assert check("vpc", "GetRouteTable", response.json) == []
    table: JSON = response.json["vpc_route_table"]
    return table
