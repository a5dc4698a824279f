# SPDX-License-Identifier: Apache-2.0
"""Reads whose client accepts an age: from what is known of the project, and never untrue."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.operations.recent_lists import SERVICES
from tests.unit.bodies import FREE_VOLUME, SERVER, body
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.bounded_reads import BOUND, INSTANCE, OPERATIONS, reads
from tests.unit.requests_of import arguments_of, path_of

JSON = dict[str, Any]
LISTS = [
    "instances",
    "volumes",
    "snapshots",
    "images",
    "flavors",
    "security-groups",
    "public-ips",
    "network-interfaces",
    "vpcs",
    "subnets",
    "route-tables",
]
# Reads that are fresh whatever the client accepts: they depend on more than project and roles, or
# are asked for rarely.
FRESH = {
    "/api/v1/keypairs",
    "/api/v1/projects/{project_id}/members",
    "/api/v1/images/{image_id}/members",
    "/api/v1/route-tables/{route_table_id}/associations",
    "/api/v1/instances/{instance_id}/history",
}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def test_lists(admin: Caller, populated: Cloud) -> None:
    """The second read of a list asks nothing of OpenStack, and shows the same with its age."""
    for name in LISTS:
        check_list(admin, populated, name)


def check_list(admin: Caller, populated: Cloud, name: str) -> None:
    """What is expected of one list."""
    fresh = admin.get(f"/api/v1/{name}")
    assert "Age" not in fresh.headers
    first = admin.get(f"/api/v1/{name}", headers=BOUND)
    assert first.headers["Age"] == "0"
    reads(populated)
    second = admin.get(f"/api/v1/{name}", headers=BOUND)
    assert reads(populated) == []
    assert 0 <= int(second.headers["Age"]) <= 20
    assert second.json == first.json == fresh.json
    assert second.headers["ETag"] == fresh.headers["ETag"]
    assert second.headers["Cache-Control"] == "private, no-cache"


def test_all_lists(anybody: Caller) -> None:
    """Every operation with pages is a list above, or is fresh for a reason."""
    document = anybody.get("/openapi.json").json
    paged = {
        path
        for path, item in document["paths"].items()
        if "limit" in [one["name"] for one in item.get("get", {}).get("parameters", [])]
    }
    assert paged == {*FRESH, *(f"/api/v1/{name}" for name in LISTS)}
    assert set(SERVICES) == set(LISTS)


@pytest.mark.parametrize("header", ["max-age=0", "no-cache", "no-store", "max-age=x", "", None])
def test_fresh(admin: Caller, populated: Cloud, header: str | None) -> None:
    """Without an age that the client accepts, nothing comes from memory."""
    headers = {} if header is None else {"Cache-Control": header}
    for name in LISTS:
        admin.get(f"/api/v1/{name}", headers=BOUND)
        reads(populated)
        response = admin.get(f"/api/v1/{name}", headers=headers)
        assert reads(populated) != [], name
        assert "Age" not in response.headers


def test_other_reads(admin: Caller, populated: Cloud) -> None:
    """Reads of other things are as fresh as ever."""
    lists = {f"/api/v1/{name}" for name in LISTS}
    for method, template in OPERATIONS:
        if method != "GET" or template in lists:
            continue
        arguments = arguments_of(method, template)
        arguments["headers"] = {**arguments.get("headers", {}), **BOUND}
        response = admin.get(path_of(method, template), **arguments)
        assert "Age" not in response.headers, template


def test_pages(admin: Caller, populated: Cloud) -> None:
    """Filters, orders and pages are made from the known list, and are those of a fresh one."""
    volumes = body("volumes")["volumes"]
    more = [{**volumes[0], "id": f"{number:032x}", "name": f"v{number}"} for number in range(30)]
    populated.answer("GET", "cinder", "/volumes/detail", {"volumes": [*volumes, *more]})
    queries: list[JSON] = [
        {},
        {"limit": 7},
        {"limit": 7, "offset": 14},
        {"name": "v1"},
        {"name": "v1", "limit": 3, "offset": 1},
        {"sort_keys": "name", "sort_dirs": "asc", "limit": 5},
        {"sort_keys": "size,name", "sort_dirs": "desc,asc"},
        {"status": "available", "id": FREE_VOLUME},
    ]
    fresh = [admin.get("/api/v1/volumes", query_string=query).json for query in queries]
    for _time in range(2):
        reads(populated)
        known = [
            admin.get("/api/v1/volumes", query_string=query, headers=BOUND).json
            for query in queries
        ]
        assert known == fresh
    assert reads(populated) == []


def test_wrong_queries(admin: Caller, populated: Cloud) -> None:
    """A query is checked as ever."""
    admin.get("/api/v1/volumes", headers=BOUND)
    for query in ({"limit": "x"}, {"sort_dirs": "asc,desc", "sort_keys": "name"}):
        refused = admin.get("/api/v1/volumes", query_string=query, headers=BOUND)
        assert refused.status_code == 400
        assert "Age" not in refused.headers


def test_instance(admin: Caller, populated: Cloud) -> None:
    """An instance of a known list is shown from it, as a fresh read shows it."""
    fresh = admin.get(INSTANCE)
    assert "Age" not in admin.get(INSTANCE, headers=BOUND).headers  # no list is known yet
    admin.get("/api/v1/instances", headers=BOUND)
    reads(populated)
    known = admin.get(INSTANCE, headers=BOUND)
    assert reads(populated) == []
    assert known.json == fresh.json
    assert known.headers["ETag"] == fresh.headers["ETag"]
    assert int(known.headers["Age"]) <= 20
    assert "Age" not in admin.get(INSTANCE).headers
    missing = f"{SERVER['id'][:-4]}0000"
    populated.refuse("GET", "nova", f"/servers/{missing}", "nova_404_server")
    assert admin.get(f"/api/v1/instances/{missing}", headers=BOUND).status_code == 404


PERSONAS = ["admin", "member", "reader", "other", "operator", "operator-here"]


@pytest.mark.parametrize("name", LISTS)
def test_personas(caller: Callable[[str], Caller], populated: Cloud, name: str) -> None:
    """Nothing crosses projects or role sets: each of them is fetched with a token of its own."""
    for persona in PERSONAS:
        who = caller(persona)
        reads(populated)
        response = who.get(f"/api/v1/{name}", headers=BOUND)
        if response.status_code == 403:
            continue
        assert reads(populated) != [], persona
        assert response.headers["Age"] == "0"
        assert response.json == who.get(f"/api/v1/{name}").json
    # The same project and roles: what a colleague knows.
    if caller("colleague").get(f"/api/v1/{name}").status_code == 200:
        reads(populated)
        caller("colleague").get(f"/api/v1/{name}", headers=BOUND)
        assert reads(populated) == []


@pytest.mark.parametrize("persona", ["no-role-of-ours", "unknown", "expired", "unscoped"])
def test_refused(
    admin: Caller, caller: Callable[[str], Caller], populated: Cloud, persona: str
) -> None:
    """Who may not read gets nothing that is known."""
    admin.get("/api/v1/instances", headers=BOUND)
    response = caller(persona).get("/api/v1/instances", headers=BOUND)
    assert response.status_code in {401, 403}
    assert "Age" not in response.headers


def test_restricted_token(caller: Callable[[str], Caller], populated: Cloud) -> None:
    """A token with access rules neither gets nor gives a list."""
    caller("member").get("/api/v1/flavors", headers=BOUND)
    for _time in range(2):
        reads(populated)
        response = caller("limited").get("/api/v1/flavors", headers=BOUND)
        assert response.status_code == 200
        assert reads(populated) != []


def test_nothing_is_changed(admin: Caller, populated: Cloud, application: Any) -> None:
    """What is shared between requests is never changed by one of them."""
    paths = [f"/api/v1/{name}" for name in LISTS]
    before = [copy.deepcopy(admin.get(path, headers=BOUND).json) for path in paths]
    for path in paths:
        for query in ({"limit": 1}, {"sort_keys": "name", "sort_dirs": "asc"}, {"name": "x"}):
            admin.get(path, query_string=query, headers=BOUND)
    admin.get(INSTANCE, headers=BOUND)
    assert [admin.get(path, headers=BOUND).json for path in paths] == before


def test_conditional(admin: Caller, populated: Cloud) -> None:
    """Both together: nothing is asked, and nothing is sent."""
    tag = admin.get("/api/v1/instances", headers=BOUND).headers["ETag"]
    reads(populated)
    response = admin.get("/api/v1/instances", headers={**BOUND, "If-None-Match": tag})
    assert (response.status_code, response.data) == (304, b"")
    assert int(response.headers["Age"]) <= 20
    assert reads(populated) == []


def test_failure(admin: Caller, populated: Cloud) -> None:
    """A failure is nothing to know: it is answered, and the next read asks again."""
    populated.take_down("cinder")
    for _time in range(2):
        response = admin.get("/api/v1/volumes", headers=BOUND)
        assert response.status_code in {502, 503}
        assert "Age" not in response.headers


class TestOff:
    """[api] max_age = 0."""

    @pytest.fixture
    def options(self) -> str:
        return "[redis]\nurl = redis://redis.test\n[api]\nmax_age = 0\n"

    def test_off(self, admin: Caller, populated: Cloud, store: Any) -> None:
        """Every read is fresh, nothing is kept, and no write tells Redis anything."""
        for _time in range(2):
            reads(populated)
            response = admin.get("/api/v1/instances", headers=BOUND)
            assert "Age" not in response.headers
            assert reads(populated) != []
        admin.post(f"{INSTANCE}/stop")
        assert not [key for key in store.values if "lists" in key]
