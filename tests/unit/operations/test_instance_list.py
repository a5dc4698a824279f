# SPDX-License-Identifier: Apache-2.0
"""GET /api/v1/instances: filters, sorting, paging, and what it costs."""

from typing import Any, Final

import pytest

from tests.contract import check, load
from tests.unit.bodies import FLAVOR, SERVER, body
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.conftest import Caller
from tests.unit.nova_servers import serve, servers
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]


def listed(caller: Caller, query: str = "") -> JSON:
    """A page of instances, held against the contract."""
    response = caller.get(f"/api/v1/instances?{query}")
    assert response.status_code == 200, response.text
    assert check("bcs", "ListInstances", response.json) == []
    page: JSON = response.json
    return page


def names(caller: Caller, query: str) -> list[str]:
    return [item["name"] for item in listed(caller, query)["instances"]]


@pytest.fixture
def three(populated: Cloud) -> Cloud:
    """Three instances that differ in everything that can be asked for."""
    web, db, gone = servers(3)
    web |= {"id": SERVER["id"], "name": "Web"}
    db |= {
        "name": "db",
        "user_id": "someone",
        "OS-EXT-SRV-ATTR:hostname": "db.local",
        "OS-EXT-STS:vm_state": "stopped",
        "OS-EXT-AZ:availability_zone": "elsewhere",
        "os-extended-volumes:volumes_attached": [],
        "updated": "2026-12-24T08:30:00Z",
        "flavor": SERVER["flavor"]
        | {"original_name": "gn1i.xlarge", "extra_specs": {"kic:instance_type": "gpu"}},
    }
    gone |= {"name": "gone", "OS-EXT-STS:vm_state": "shelved_offloaded", "description": None}
    gone["os-extended-volumes:volumes_attached"] = []
    populated.answer("GET", "nova", "/servers/detail", {"servers": [web, db, gone]})
    return populated


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Web", "db", "gone"]),
        (f"id={SERVER['id']}", ["Web"]),
        ("id=web", []),
        ("name=we", ["Web"]),
        ("name=W", ["Web"]),
        ("name=B", ["Web", "db"]),
        ("name=%25", []),
        ("vm_state=stopped", ["db"]),
        ("flavor_name=gn1i.xlarge", ["db"]),
        ("image_name=ubuntu-24.04", ["Web"]),
        ("private_ip=10.20.3.103", ["Web"]),
        ("private_ip=10.20.3.10", []),
        ("public_ip=203.0.113.99", ["Web"]),
        ("availability_zone=kr-central-2-a", ["Web", "gone"]),
        ("instance_type=gpu", ["db"]),
        ("status=active", ["Web"]),
        ("status=shelved_offloaded", ["gone"]),
        ("status=stopped", ["db"]),
        ("user_id=someone", ["db"]),
        ("hostname=db.local", ["db"]),
        ("os_type=linux", ["Web"]),
        ("is_hadoop=false", ["Web", "db", "gone"]),
        ("is_hadoop=true", []),
        ("is_k8se=true", []),
        ("created_at=2026-11-28T10:00:58Z", ["db"]),
        ("created_at=2026-11-28", ["Web", "db", "gone"]),
        ("created_at=10:00:59", ["Web"]),
        ("created_at=2025-01-01", []),
        ("updated_at=2026-12-24T08:30:00%2B00:00", ["db"]),
        (f"name=w&status=active&user_id={USER}", ["Web"]),
        ("name=w&status=stopped", []),
    ],
)
def test_filters(member: Caller, three: Cloud, query: str, expected: list[str]) -> None:
    """Every filter of the contract is understood, and total counts what matches."""
    page = listed(member, query)
    assert [item["name"] for item in page["instances"]] == expected
    assert page["pagination"] == {"total": len(expected), "offset": 0, "limit": 20}


SAMPLES: Final = {
    "boolean": "true",
    "integer": "1",
    "attach_status": "attached",
    "created_at": "2026-11-23T10:47:01Z",
    "image_member_status": "pending",
    "private_ip": "10.20.3.103",
    "public_ip": "203.0.113.99",
    "sort_dirs": "asc",
    "sort_keys": "created_at",
    "status": "active",
    "type": "ssh",
    "updated_at": "2026-11-23",
    "visibility": "public",
    "vm_state": "active",
}
# What the lists of these do not have.
REFUSED: Final = {("ListInstanceTypes", name) for name in ("created_at", "updated_at")} | {
    ("ListKeypairs", "created_at")
}


def test_every_parameter_of_the_contract(member: Caller, populated: Cloud) -> None:
    """No query parameter that the official SDK can send is unknown."""
    for service in ("bcs", "image"):
        for operation in load(service)["operations"]:
            if operation["method"] != "GET" or "{" in operation["path"]:
                continue
            for query in operation["query"]:
                name = query["name"]
                sample = (query["enum"] or [SAMPLES.get(query["type"], "x")])[0]
                value = SAMPLES.get(name, sample)
                response = member.get(operation["path"], query_string={name: value})
                is_refused = (operation["id"], name) in REFUSED
                assert response.status_code == (400 if is_refused else 200), (name, response.text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort_keys=name&sort_dirs=asc", ["Web", "db", "gone"]),
        ("sort_keys=name", ["gone", "db", "Web"]),
        ("sort_dirs=asc", ["gone", "db", "Web"]),
        ("sort_keys=user_id,name&sort_dirs=desc,asc", ["db", "Web", "gone"]),
        ("sort_keys=user_id,name&sort_dirs=asc", ["Web", "gone", "db"]),
        ("sort_keys=description&sort_dirs=asc", ["Web", "db", "gone"]),
        ("sort_keys=description&sort_dirs=desc", ["Web", "db", "gone"]),
        ("sort_keys=attached_volume_count,name&sort_dirs=desc,desc", ["Web", "gone", "db"]),
    ],
)
def test_sorting(member: Caller, three: Cloud, query: str, expected: list[str]) -> None:
    """The first key counts most, the last direction goes on, and what lacks the key is last."""
    assert names(member, query) == expected


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("", "web-00", 20),
        ("limit=5", "web-00", 5),
        ("limit=5&offset=48", "web-48", 2),
        ("offset=50", None, 0),
        ("limit=1000", "web-00", 50),
        ("offset=2147483647", None, 0),
    ],
)
def test_pages(member: Caller, populated: Cloud, query: str, first: str | None, count: int) -> None:
    """Limit and offset cut the sorted list; total is that of the whole list."""
    serve(populated, servers(50))
    page = listed(member, query)
    assert len(page["instances"]) == count
    assert (page["instances"][0]["name"] if count else None) == first
    assert page["pagination"]["total"] == 50


def test_calls(member: Caller, populated: Cloud) -> None:
    """A list of 50 is 4 calls with a warm token: none per item, none about all projects."""
    populated.answer("GET", "nova", "/servers/detail", {"servers": servers(50)})
    listed(member, "limit=1000")
    populated.forget()
    listed(member, "limit=1000")
    assert [call.partition("?")[0] for call in populated.calls()] == [
        "GET cinder /volumes/detail",
        "GET neutron /floatingips",
        "GET neutron /ports",
        "GET nova /servers/detail",
    ]
    assert populated.tokens_sent("GET") == []
    assert "all_tenants" not in str(populated.calls())
    for request in populated.sent("neutron"):
        assert request.qs["project_id"] == [PROJECT]
    (request,) = populated.sent("nova")
    assert request.headers[MICROVERSION] == "compute 2.90"


def test_cloud_admin(caller: Any, populated: Cloud) -> None:
    """A cloud admin's token asks for its own project only, in each service."""
    listed(caller("operator-here"))
    assert "all_tenants" not in str(populated.calls())
    assert all(request.qs["project_id"] == [PROJECT] for request in populated.sent("neutron"))


def test_pages_of_nova(member: Caller, populated: Cloud) -> None:
    """Where Nova cuts its list, the rest is fetched: a page of Nova is no page of ours."""
    serve(populated, servers(5), max_limit=3)
    assert listed(member)["pagination"]["total"] == 5
    pages = [call for call in populated.calls() if "servers/detail" in call]
    assert len(pages) == 2


def test_pages_of_cinder(member: Caller, populated: Cloud) -> None:
    """The same for Cinder."""
    root, data = body("volumes")["volumes"][1], body("volumes")["volumes"][0]
    populated.answer(
        "GET",
        "cinder",
        "/volumes/detail",
        {"volumes": [data], "volumes_links": [{"rel": "next", "href": "..."}]},
    )
    populated.answer("GET", "cinder", f"/volumes/detail?marker={data['id']}", {"volumes": [root]})
    (instance,) = listed(member)["instances"]
    assert [item["size"] for item in instance["attached_volumes"]] == [5, 1]


def test_empty(member: Caller, populated: Cloud) -> None:
    """A project without instances has an empty list."""
    populated.answer("GET", "nova", "/servers/detail", {"servers": []})
    page = listed(member)
    assert page == {"instances": [], "pagination": {"total": 0, "offset": 0, "limit": 20}}
    assert all(FLAVOR["id"] not in call for call in populated.calls())
