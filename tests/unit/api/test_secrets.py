# SPDX-License-Identifier: Apache-2.0
"""Secrets in answers: marked in the schema, told once, and kept nowhere."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from marshmallow import Schema, fields
from oslo_config import cfg

from kic_vm.cache.store import create_store
from kic_vm.schemas.secrets import Concealed, SecretString, conceal, has_secrets
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.middleware.test_idempotency import TAGGED
from tests.unit.personas import SECRET
from tests.unit.requests_of import arguments_of, path_of
from tests.unit.schema_classes import response_schemas

JSON = dict[str, Any]

TOKENS: Final = "/identity/v3/auth/tokens"
SUSPICIOUS: Final = re.compile(r"pass|secret|credential|token|private_key|seed|otp")
# Ids of what is secret are not secret.
HARMLESS: Final = re.compile(r".*_id")
# Operation -> what a retry with the same Idempotency-Key gets; None where it is no POST.
TELLING: Final = {
    ("POST", "/api/v1/instances"): "null",
    ("POST", "/api/v1/keypairs"): "withheld",
    ("GET", "/api/v1/instances/{instance_id}/password"): None,
}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.fixture
def empty(populated: Cloud) -> Cloud:
    """Nova has no server with a tag, and a guest that has set a password."""
    populated.answer_pattern("GET", TAGGED, lambda *_: {"servers": []})
    return populated


def test_every_secret_is_marked() -> None:
    """A field with the name of a secret has the mark."""
    suspicious = {
        (schema.__name__, name): field
        for schema in response_schemas()
        for name, field in schema().fields.items()
        if SUSPICIOUS.search(name) and not HARMLESS.fullmatch(name)
    }
    unmarked = [key for key, field in suspicious.items() if not isinstance(field, SecretString)]
    assert unmarked == []
    assert {name for _schema, name in suspicious} == {"admin_pass", "password", "private_key"}


def _answers(document: JSON) -> Iterator[tuple[tuple[str, str], JSON]]:
    """The schema of each operation's answers, of success and otherwise."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in {"get", "post", "put", "delete", "patch"}:
                for response in operation["responses"].values():
                    content = response.get("content", {}).get("application/json", {})
                    yield (method.upper(), path), content.get("schema", {})


def _names(document: JSON, schema: JSON) -> Iterator[str]:
    """The names of all fields below a schema of the document."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(document, inner)
    inner_schemas = [schema.get("items"), schema.get("additionalProperties")]
    for below in inner_schemas + schema.get("allOf", []):
        if isinstance(below, dict):
            yield from _names(document, below)


def test_every_operation_that_tells_one_is_tested(anybody: Caller) -> None:
    """The table above has all operations of the document whose answers have a secret."""
    document = anybody.get("/openapi.json").json
    telling = {
        operation
        for operation, schema in _answers(document)
        if any(
            SUSPICIOUS.search(name) and not HARMLESS.fullmatch(name)
            for name in _names(document, schema)
        )
    }
    assert telling == TELLING.keys()


@pytest.mark.parametrize(("method", "template"), TELLING)
def test_answer_is_not_stored(member: Caller, empty: Cloud, method: str, template: str) -> None:
    """It says so to everything between the gateway and the client."""
    response = member.request(method, path_of(method, template), **arguments_of(method, template))
    assert response.status_code < 300
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_token_is_not_stored(member: Caller, empty: Cloud, method: str) -> None:
    """A token is told in a header."""
    response = member.request(method, TOKENS, **arguments_of(method, TOKENS))
    assert response.status_code < 300
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "template"), [key for key, replayed in TELLING.items() if replayed]
)
def test_secret_is_told_once(
    member: Caller,
    empty: Cloud,
    store: FakeRedis,
    conf: cfg.ConfigOpts,
    method: str,
    template: str,
) -> None:
    """A retry does nothing and learns no secret, and none is in Redis, not even sealed."""
    path, sent = path_of(method, template), arguments_of(method, template)
    sent["headers"] = {"Idempotency-Key": "told-once"}
    first = member.request(method, path, **sent)
    assert SECRET in first.text
    empty.forget()
    again = member.request(method, path, **sent)
    if TELLING[method, template] == "null":
        assert again.status_code == first.status_code
        assert again.headers["Idempotency-Replayed"] == "true"
        expected = first.json
        expected["instance"]["admin_pass"] = None
        assert again.json == expected
    else:
        refusal(again, 409, "idempotency_answer_withheld")
    assert empty.calls() == []
    opened = create_store(conf)
    assert opened is not None
    records = [
        opened.get(key.removeprefix(conf.redis.key_prefix))
        for key in store.values
        if "idempotency" in key
    ]
    assert len(records) == 1
    assert all(record and SECRET.encode() not in record for record in records)


class _InnerSchema(Schema):
    name = fields.String()
    password = SecretString(replayed_as_null=True)


class _OuterSchema(Schema):
    title = fields.String()
    inner = fields.Nested(_InnerSchema)
    several = fields.List(fields.Nested(_InnerSchema))
    texts = fields.List(fields.String())
    named = fields.Dict(keys=fields.String(), values=fields.Nested(_InnerSchema))
    private_key = SecretString()


TOLD: Final = {"name": "n", "password": SECRET}
HIDDEN: Final = {"name": "n", "password": None}


@pytest.mark.parametrize(
    ("body", "concealed"),
    [
        ({"title": "t"}, Concealed({"title": "t"})),
        ({"inner": None, "unknown": [1]}, Concealed({"inner": None, "unknown": [1]})),
        ({"inner": HIDDEN}, Concealed({"inner": HIDDEN})),
        ({"inner": TOLD}, Concealed({"inner": HIDDEN}, has_told=True)),
        ({"several": [HIDDEN, TOLD]}, Concealed({"several": [HIDDEN, HIDDEN]}, has_told=True)),
        ({"named": {"a": TOLD}}, Concealed({"named": {"a": HIDDEN}}, has_told=True)),
        (
            {"texts": ["x"], "private_key": SECRET},
            Concealed({"texts": ["x"], "private_key": None}, has_told=True, is_of_use=False),
        ),
    ],
)
def test_conceal(body: JSON, concealed: Concealed) -> None:
    """A secret is found at any depth, and everything else stays."""
    assert has_secrets(_OuterSchema())
    assert conceal(_OuterSchema(), body) == concealed


def test_mark_that_the_log_does_not_know() -> None:
    """A secret that the log would not mask stops the start."""
    schema = Schema.from_dict({"launch_code": SecretString()})
    with pytest.raises(ValueError, match="launch_code"):
        schema()
