# SPDX-License-Identifier: Apache-2.0
"""The types of JSON in bodies: what only looks like the contract's type is refused."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from marshmallow import fields

from kic_vm import policies
from kic_vm.schemas.base import RequestSchema
from tests.unit.body_fields import BodyField, body_schemas, each_field
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import arguments_of, path_of

# What is given for each kind of field.
WRONG: Final[dict[type[fields.Field[Any]], list[Any]]] = {
    fields.Boolean: ["true", "false", "yes", "", 1, 0, 1.0, [], {}],
    fields.Integer: ["5", "", 5.0, 5.5, True, [], {}],
    fields.String: [5, 5.5, True, [], {}],
    fields.UUID: [5, True, "", "x", [], {}],
    fields.Nested: [5, True, "", "x", []],
    fields.List: [5, True, "", "x", {}],
}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """Who may do everything in the project."""
    return caller("admin")


@each_field(*WRONG)
def test_other_types(admin: Caller, populated: Cloud, field: BodyField) -> None:
    """A value of another type is refused by the field's name, before anything is written."""
    kind = next(kind for kind in type(field.field).__mro__ if kind in WRONG)
    path = path_of(field.method, field.template)
    for value in WRONG[kind]:
        answer = admin.request(field.method, path, **field.arguments(value))
        message = refusal(answer, 400, "invalid_request")["message"]
        assert f"{field.name}: " in message or f"{field.name}." in message, (value, message)
    assert populated.writes() == []


def test_loose_field() -> None:
    """A schema of a body cannot have a field that takes texts for booleans."""
    for field in (fields.Boolean(), fields.Integer(), fields.Float()):
        schema = type("Loose", (RequestSchema,), {"is_it": field})
        with pytest.raises(TypeError, match=r"Loose\.is_it"):
            schema()


@pytest.mark.parametrize(("method", "template"), sorted(body_schemas()))
@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
def test_compressed(
    admin: Caller, populated: Cloud, method: str, template: str, coding: str
) -> None:
    """A compressed body is 415: it would be read as broken JSON."""
    headers = {"Content-Encoding": coding}
    answer = admin.request(
        method, path_of(method, template), headers=headers, **arguments_of(method, template)
    )
    error = refusal(answer, 415, "unsupported_media_type")
    assert "Content-Encoding" in error["message"]
    assert populated.calls() == []


def test_compressed_token_request(anybody: Caller, cloud: Cloud) -> None:
    """So it is where tokens are issued."""
    headers = {"Content-Encoding": "gzip"}
    answer = anybody.post("/identity/v3/auth/tokens", data=b"\x1f\x8b", headers=headers)
    refusal(answer, 415, "unsupported_media_type")
    assert cloud.calls() == []


def test_uncompressed(member: Caller, populated: Cloud) -> None:
    """The coding that is none is taken."""
    arguments = arguments_of("POST", "/api/v1/keypairs")
    answer = member.post("/api/v1/keypairs", headers={"Content-Encoding": "identity"}, **arguments)
    assert answer.status_code == 201


def test_bodies() -> None:
    """Each operation with a good body in the tests has a schema here, and the other way round."""
    operations = {
        (guarded["method"], guarded["path"])
        for rule in policies.guarding_rules()
        for guarded in rule.operations
        if "json" in arguments_of(guarded["method"], guarded["path"])
    }
    assert operations - body_schemas().keys() == {("POST", "/identity/v3/auth/tokens")}
    assert body_schemas().keys() <= operations
