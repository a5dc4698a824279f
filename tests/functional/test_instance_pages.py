# SPDX-License-Identifier: Apache-2.0
"""Pages of a long list: fetched for themselves, and the same as cut from the whole list."""

from functools import partial

from tests.contract import check
from tests.functional.client import Client, Gateway
from tests.functional.instances import Instances

COUNT = 6


def test_pages(member: Client, gateway: Gateway, instances: Instances, subnet_id: str) -> None:
    """Instances of the same second are in the same order on pages that were fetched alone."""
    body = member.instance_body(subnet_id) | {"name": "functional-page", "count": COUNT}
    made = member.request("POST", "/api/v1/instances", json={"instance": body}).json()["instances"]
    instances.adopt(*(one["id"] for one in made))
    for one in made:
        member.watch(one["id"], "active", "error")
    whole = member.get("/api/v1/instances", limit=1000)
    total = whole["pagination"]["total"]
    assert total >= COUNT
    for offset in range(total):
        page = member.get("/api/v1/instances", limit=1, offset=offset)
        assert check("bcs", "ListInstances", page) == []
        assert page["instances"] == whole["instances"][offset : offset + 1]
        assert page["pagination"]["total"] == total
    # Ids of servers, the page's server and port, floating IPs, and volumes. An instance of another
    # test, such as one in Error, may have no volumes.
    list_page = partial(member.get, "/api/v1/instances", limit=1, offset=1)
    assert list_page()["instances"][0]["id"] in {one["id"] for one in made}
    assert gateway.count_upstream_calls("/api/v1/instances", list_page) == 5
    filtered = member.get("/api/v1/instances", limit=1, offset=2, name="functional-page")
    assert filtered["pagination"]["total"] == COUNT
    assert filtered["instances"][0]["id"] in {one["id"] for one in made}
