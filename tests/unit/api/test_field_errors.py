# SPDX-License-Identifier: Apache-2.0
"""The errors of 400 responses: the field, a stable code and the sentence, for every operation."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kic_vm import policies
from kic_vm.exceptions import FieldErrorCode
from tests.unit.bodies import error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import CREATE, arguments_of, path_of

JSON = dict[str, Any]

INSTANCES = "/api/v1/instances"
BODIES = {
    f"{guarded['method']} {guarded['path']}": (guarded["method"], guarded["path"])
    for rule in policies.guarding_rules()
    for guarded in rule.operations
    if "json" in arguments_of(guarded["method"], guarded["path"])
    and not guarded["path"].startswith("/identity/")
}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def errors_of(caller: Caller, method: str, path: str, **kwargs: Any) -> list[JSON]:
    """The errors of a request that must be refused with 400."""
    response = caller.request(method, path, **kwargs)
    found: list[JSON] = refusal(response, 400, "invalid_request")["errors"]
    return found


def faulty(body: JSON) -> Iterator[tuple[str, str, JSON]]:
    """A path, the code that it must have, and the body with a fault at this path."""
    yield "surprise", "unknown_field", body | {"surprise": 1}
    for name, value in body.items():
        yield name, "required", {key: kept for key, kept in body.items() if key != name}
        if isinstance(value, dict):
            yield name, "invalid_type", body | {name: "text"}
            yield f"{name}.surprise", "unknown_field", body | {name: value | {"surprise": 1}}


@pytest.mark.parametrize("operation", BODIES)
def test_body(caller: Callable[[str], Caller], populated: Cloud, operation: str) -> None:
    """A missing object, a wrong type and an unknown field have their path and code."""
    method, path = BODIES[operation]
    url, request = path_of(method, path), arguments_of(method, path)
    for field, code, body in faulty(request["json"]):
        (problem, *_more) = errors_of(caller("admin"), method, url, json=body)
        assert (problem["field"], problem["code"]) == (field, code), (body, problem)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": 5}, "instance.name", "invalid_type"),
        ({"name": "n" * 300}, "instance.name", "out_of_range"),
        ({"name": " n"}, "instance.name", "invalid_format"),
        ({"image_id": "mine"}, "instance.image_id", "invalid_format"),
        ({"image_id": str(uuid.uuid4())}, "instance.image_id", "not_found"),
        ({"image_id": None}, "instance.image_id", "required"),
        ({"volumes": [{"size": 5}, {"size": 0}]}, "instance.volumes.1.size", "out_of_range"),
        ({"subnets": [{"id": str(uuid.uuid4())}]}, "instance.subnets.0.id", "not_found"),
        (
            {"subnets": [*CREATE["subnets"], {"id": str(uuid.uuid4())}]},
            "instance.subnets.1.id",
            "not_found",
        ),
        ({"count": 0}, "instance.count", "out_of_range"),
        ({"user_data": "no base64!"}, "instance.user_data", "invalid_format"),
    ],
)
def test_create(member: Caller, populated: Cloud, change: JSON, field: str, code: str) -> None:
    """A form can mark the field that is wrong, also where only OpenStack shows that it is."""
    populated.answer("GET", "glance", f"/images/{change.get('image_id')}", **error("glance_404"))
    body = {"instance": CREATE | change}
    (problem, *_more) = errors_of(member, "POST", INSTANCES, json=body)
    assert (problem["field"], problem["code"]) == (field, code), problem


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=many", "limit", "invalid_type"),
        ("limit=0", "limit", "out_of_range"),
        ("limit=1&limit=2", "limit", "duplicate"),
        ("surprise=1", "surprise", "unknown_field"),
        ("sort_dirs=up", "sort_dirs.0", "not_one_of"),
    ],
)
def test_query(member: Caller, populated: Cloud, query: str, field: str, code: str) -> None:
    """The name of a query parameter is its path."""
    (problem,) = errors_of(member, "GET", INSTANCES, query_string=query)
    assert (problem["field"], problem["code"]) == (field, code), problem


def test_several(member: Caller, populated: Cloud) -> None:
    """All wrong fields are listed, although the sentence names only the first ones."""
    body = {"instance": CREATE | {f"surprise_{number}": 1 for number in range(20)}}
    assert len(errors_of(member, "POST", INSTANCES, json=body)) == 20


@pytest.mark.parametrize("data", [b"{", b"", b'{"instance": {"name": "a", "name": "b"}}'])
def test_whole_body(member: Caller, populated: Cloud, data: bytes) -> None:
    """What is wrong with the body itself has no path, or that of the field that came twice."""
    (problem,) = errors_of(member, "POST", INSTANCES, data=data, content_type="application/json")
    assert problem["field"] in {None, "name"}


def test_codes_are_documented(anybody: Caller) -> None:
    """The OpenAPI document lists the codes."""
    document = anybody.get("/openapi.json").json
    field = document["components"]["schemas"]["FieldError"]["properties"]["code"]
    assert field["enum"] == [code.value for code in FieldErrorCode]
