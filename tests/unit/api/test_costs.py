# SPDX-License-Identifier: Apache-2.0
"""What a request costs before it is refused: no more than its length explains."""

import functools
import json
from collections.abc import Callable
from typing import Any, Final

import pytest
from marshmallow import fields

from kic_vm.schemas.lists import MAXIMUM, RequestList
from tests.unit.bodies import FREE_PORT
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import CREATE
from tests.unit.schema_classes import request_schemas
from tests.unit.work import calls_of

Fill = Callable[[int], str]

LONGEST: Final = 112 * 1024  # what oslo.middleware lets through unless configured
SMALL: Final = LONGEST // 8
INSTANCES: Final = "/api/v1/instances"
PAIRS: Final = f"/api/v1/network-interfaces/{FREE_PORT['id']}/allowed-address-pairs"
# What the longest text costs, of which each character is looked at.
CALLS_MAXIMUM: Final = 2.5 * LONGEST


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def _names(length: int) -> str:
    """Fields that are all different, of a total length."""
    return ",".join(f'"{number:06x}":0' for number in range(length // 11))


def _repeated(item: str, separator: str = ",") -> Fill:
    """One item again and again."""
    return lambda length: separator.join([item] * (length // len(item + separator)))


def _instance(field: str) -> str:
    """A body that is right but for the items of one field."""
    return json.dumps({"instance": {**CREATE, field: [None]}}).replace("[null]", "[...]")


# What of an operation's body is filled up, and with what.
BODIES: Final[dict[str, tuple[str, str, str, Fill]]] = {
    "different fields": ("POST", INSTANCES, "{...}", _names),
    "different fields below": ("POST", INSTANCES, '{"instance":{...}}', _names),
    "last field twice": ("POST", INSTANCES, '{...,"000000":0}', _names),
    "one field always": ("POST", INSTANCES, "{...}", _repeated('"a":0')),
    "digits": ("POST", INSTANCES, '{"instance":{"count":...}}', _repeated("9", "")),
    "integers": ("POST", INSTANCES, '{"instance":{"count":[...]}}', _repeated("7")),
    "long name": ("POST", INSTANCES, '{"instance":{"name":"..."}}', _repeated(" ", "")),
    "lists": ("POST", INSTANCES, "...", _repeated("[", "")),
    "objects": ("POST", INSTANCES, "...", _repeated('{"a":', "")),
    "volumes": ("POST", INSTANCES, _instance("volumes"), _repeated('{"size":1}')),
    "empty volumes": ("POST", INSTANCES, _instance("volumes"), _repeated("{}")),
    "numbers for volumes": ("POST", INSTANCES, _instance("volumes"), _repeated("0")),
    "empty subnets": ("POST", INSTANCES, _instance("subnets"), _repeated("{}")),
    "groups": ("POST", INSTANCES, _instance("security_groups"), _repeated('{"name":"a"}')),
    "pairs": ("PUT", PAIRS, '{"allowed_address_pairs":[...]}', _repeated("{}")),
    "group ids": (
        "POST",
        "/api/v1/network-interfaces",
        '{"network_interface":{"security_groups":[...]}}',
        _repeated('"a"'),
    ),
    "key": ("POST", "/api/v1/keypairs", '{"keypair":{"name":"a...!"}}', _repeated("- ", "")),
    "range": ("POST", "/api/v1/vpcs", '{"vpc":{"cidr_block":"..."}}', _repeated("1.", "")),
}
QUERIES: Final[dict[str, tuple[str, Fill]]] = {
    "sort keys": ("sort_keys=...", _repeated("id")),
    "quoted sort keys": ("sort_keys=...", _repeated("id", "%2C")),
    "sort directions": ("sort_keys=id&sort_dirs=...", _repeated("asc")),
    "parameters": ("...", lambda n: "&".join(f"{number:x}=1" for number in range(n // 6))),
    "one parameter always": ("...", _repeated("name=a", "&")),
    "ampersands": ("...", _repeated("&", "")),
    "digits": ("limit=...", _repeated("9", "")),
}


@pytest.mark.parametrize("with_key", [False, True])
@pytest.mark.parametrize("kind", BODIES)
def test_body(member: Caller, populated: Cloud, kind: str, *, with_key: bool) -> None:
    """A body is refused with work that grows no faster than its length."""
    method, path, template, fill = BODIES[kind]
    headers = {"Idempotency-Key": "k"} if with_key else {}

    def send(length: int) -> None:
        response = member.request(
            method,
            path,
            data=template.replace("...", fill(length)),
            content_type="application/json",
            headers=headers,
        )
        assert response.status_code == (501 if with_key and method == "POST" else 400)

    member.get("/api/v1/flavors")
    small, long = (calls_of(functools.partial(send, n)) for n in (SMALL, LONGEST - 2_000))
    assert long <= 10 * small
    assert long <= CALLS_MAXIMUM
    assert populated.writes() == []


@pytest.mark.parametrize("path", [INSTANCES, "/api/v1/flavors", "/api/v1/vpcs"])
@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("length", [1_000, 8_000, 60_000])
def test_query(member: Caller, populated: Cloud, kind: str, path: str, length: int) -> None:
    """A query is refused before any service is asked, and what it costs has a bound."""
    member.get("/api/v1/keypairs/x")
    populated.forget()
    responses: list[Any] = []
    template, fill = QUERIES[kind]
    query = template.replace("...", fill(length))
    calls = calls_of(lambda: responses.append(member.get(f"{path}?{query}")))
    refusal(responses[0], 400, "invalid_request")
    assert calls <= 5_000 + 2 * length
    assert populated.calls() == []


def test_every_list_is_bounded() -> None:
    """A request has lists that are refused by their length, and no field of any shape."""
    lists = 0
    for schema in request_schemas():
        for name, field in schema().fields.items():
            assert not isinstance(field, fields.Dict | fields.Tuple), (schema, name)
            assert type(field) is not fields.Raw, (schema, name)
            if isinstance(field, fields.List):
                lists += 1
                assert isinstance(field, RequestList), (schema, name)
    assert lists > 30


def test_longest_list(member: Caller, populated: Cloud) -> None:
    """A list of the greatest length is read; one more item is refused with the number."""
    pairs = [{"ip_address": f"10.0.{number}.1"} for number in range(MAXIMUM)]
    assert member.put(PAIRS, json={"allowed_address_pairs": pairs}).status_code == 200
    pairs.append({"ip_address": "10.1.0.1"})
    message = refusal(
        member.put(PAIRS, json={"allowed_address_pairs": pairs}), 400, "invalid_request"
    )["message"]
    assert message == f"allowed_address_pairs: Must have at most {MAXIMUM} items."


@pytest.mark.parametrize("keys", ["id,id", "name,id,name", "id,id,id"])
def test_repeated_sort_key(member: Caller, populated: Cloud, keys: str) -> None:
    """Sorting by one field twice is refused by name."""
    response = member.get(f"{INSTANCES}?sort_keys={keys}")
    message = refusal(response, 400, "invalid_request")["message"]
    assert message == "sort_keys: Must name each field only once."


def test_all_sort_keys(member: Caller, populated: Cloud) -> None:
    """All fields together are taken."""
    document = member.get("/openapi.json").json
    parameters = document["paths"][INSTANCES]["get"]["parameters"]
    (sort_keys,) = [item for item in parameters if item["name"] == "sort_keys"]
    fields_of_it = sort_keys["schema"]["items"]["enum"]
    assert sort_keys["schema"]["maxItems"] == len(fields_of_it)
    assert member.get(f"{INSTANCES}?sort_keys={','.join(fields_of_it)}").status_code == 200
