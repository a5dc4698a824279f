# SPDX-License-Identifier: Apache-2.0
"""The code of a field error comes from where the error is raised, not from its sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from marshmallow import Schema, ValidationError, fields, validate

import kic_vm.schemas
from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.base import RequestSchema
from kic_vm.schemas.errors import ErrorSchema
from kic_vm.schemas.field_errors import CodedMessage
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.requests_of import CREATE
from tests.unit.schema_classes import request_schemas

JSON = dict[str, Any]

DOCUMENTED: Final = set(
    ErrorSchema().fields["errors"].inner.schema.fields["code"].validate.choices  # type: ignore[attr-defined]
)
# Values that some field refuses.
WRONG: Final[list[Any]] = [
    *(None, True, 5, -1, 0, 10**12, 1.5, "", " ", " n", "n", "n" * 300, "n" * 70000, "bell\a"),
    *("\U0001f600", "10.0.0.5/8", "8.8.8.0/24", "10.0.0.0/30", "169.254.1.0/24", "::1%eth0"),
    *("10.0.0.0/255.0.0.0", "99", "a b,c", "id,id", "0,0", "YW==", "2026-99-01"),
    *([], ["n"], ["n"] * 300, {}, {"surprise": 1}),
]


def _walk(name: str, field: fields.Field[Any]) -> Iterator[tuple[str, fields.Field[Any]]]:
    yield name, field
    if isinstance(field, fields.List):
        yield from _walk(f"{name}.0", field.inner)


FIELDS: Final = {
    f"{schema.__name__}.{path}": field
    for schema in request_schemas()
    for name, outer in schema().fields.items()
    for path, field in _walk(name, outer)
}


def messages_in(messages: Any) -> Iterator[object]:
    """Each message in those of a ValidationError."""
    if isinstance(messages, dict):
        messages = messages.values()
    elif not isinstance(messages, list):
        yield messages
        return
    for inner in messages:
        yield from messages_in(inner)


@pytest.mark.parametrize("name", FIELDS)
def test_messages(name: str) -> None:
    """Each message that a field can have carries a documented code."""
    for message in FIELDS[name].error_messages.values():
        assert isinstance(message, CodedMessage), message
        assert message.code in DOCUMENTED


@pytest.mark.parametrize("name", FIELDS)
def test_wrong_values(name: str) -> None:
    """Each error of a field and of its validators carries a documented code."""
    for value in WRONG:
        try:
            FIELDS[name].deserialize(value)
        except ValidationError as error:
            messages = error.normalized_messages()  # type: ignore[no-untyped-call]
            for message in messages_in(messages):
                assert isinstance(message, CodedMessage), (value, message)
                assert message.code in DOCUMENTED


@pytest.mark.parametrize("schema", request_schemas(), ids=lambda cls: cls.__name__)
def test_unknown_field(schema: type[Schema]) -> None:
    """So do the errors of a whole object."""
    for value, code in (({"surprise": 1}, "unknown_field"), (5, "invalid_type")):
        with pytest.raises(ValidationError) as refused:
            schema().load(value)  # type: ignore[arg-type]
        assert code in {
            getattr(message, "code", None) for message in messages_in(refused.value.messages)
        }


@pytest.mark.parametrize(
    "path", sorted(Path(kic_vm.schemas.__file__).parent.glob("*.py")), ids=lambda path: path.name
)
def test_raised_errors(path: Path) -> None:
    """No schema raises an error of marshmallow without a code: use FieldValidationError."""
    raised = [
        ast.unparse(node.exc.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    assert not [name for name in raised if name.split(".")[-1] == "ValidationError"], path


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (fields.Email(), "the code of its message 'invalid'"),
        (fields.String(validate=validate.Length(max=5)), "kic_vm.schemas.validators"),
        (fields.List(fields.String(validate=validate.OneOf("ab"))), "kic_vm.schemas.validators"),
    ],
)
def test_field_without_codes(field: fields.Field[Any], message: str) -> None:
    """A request cannot have a field or validator whose errors have no code."""
    schema = type("Uncoded", (RequestSchema,), {"it": field})
    with pytest.raises(TypeError, match=message):
        schema()


@pytest.mark.parametrize("name", ["above", "twice", "longer than 5", "not valid JSON"])
def test_words_of_the_request(member: Caller, populated: Cloud, name: str) -> None:
    """The words that a sentence repeats from the request do not change its code."""
    body = {"instance": CREATE | {"security_groups": [{"name": name}]}}
    (problem,) = refusal(member.post("/api/v1/instances", json=body), 400, "invalid_request")[
        "errors"
    ]
    assert name in problem["message"]
    assert problem["code"] == FieldErrorCode.NOT_FOUND
