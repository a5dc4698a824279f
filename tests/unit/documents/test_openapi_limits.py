# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document shows every limit of a request's field that the gateway enforces."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import pytest
from marshmallow import ValidationError, fields
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import CodedMessage
from kic_vm.schemas.instance_changes import UserData
from tests.unit.body_fields import BODY_FIELDS, BodyField
from tests.unit.conftest import Caller

JSON = dict[str, Any]

# Longer and larger than every limit of a request.
_LONGEST: Final = 100_000
_LARGEST: Final = 2**63
# The limit is that of the decoded text: white space in the field is free.
_DECODED: Final = UserData
# The configuration sets a lower maximum; see TestConfigured.
_CONFIGURED: Final = {"volume.size", "volume.new_size"}


@pytest.fixture
def application(shared_application: Any) -> Any:
    """Nothing here depends on what the gateway remembers."""
    return shared_application


def is_out_of_range(field: fields.Field[Any], value: Any) -> bool:
    """Whether the gateway refuses the value because of its length or size."""
    try:
        field.deserialize(value)
    except ValidationError as error:
        return isinstance(error.messages, list) and any(
            isinstance(message, CodedMessage) and message.code is FieldErrorCode.OUT_OF_RANGE
            for message in error.messages
        )
    return False


class Limit(NamedTuple):
    """A limit that a field may have."""

    keyword: str
    kind: type[fields.Field[Any]]
    outside: Any
    """A value far outside of the limit."""
    value: Callable[[int], Any]
    """The value with this length or size."""
    step: int
    """From the limit to the next value outside."""


def _text(length: int) -> str:
    return "a" * length


def _items(length: int) -> list[Any]:
    return [None] * length


def _number(number: int) -> int:
    return number


LIMITS: Final = (
    Limit("maxLength", fields.String, _text(_LONGEST), _text, 1),
    Limit("minLength", fields.String, "", _text, -1),
    Limit("maxItems", fields.List, _items(_LONGEST), _items, 1),
    Limit("maximum", fields.Integer, _LARGEST, _number, 1),
    Limit("minimum", fields.Integer, -_LARGEST, _number, -1),
)


def limited() -> Iterator[tuple[BodyField, Limit]]:
    """Each field of a body that has a limit."""
    for row in BODY_FIELDS:
        for limit in LIMITS:
            is_elsewhere = isinstance(row.field, _DECODED) or (
                limit.keyword == "maximum" and row.name in _CONFIGURED
            )
            is_limited = isinstance(row.field, limit.kind) and not is_elsewhere
            if is_limited and is_out_of_range(row.field, limit.outside):
                yield row, limit


LIMITED: Final = list(limited())


def resolved(document: JSON, part: JSON) -> JSON:
    """The schema, with its reference followed."""
    for inner in part.get("allOf", ()):
        part = inner
    if "$ref" in part:
        found: JSON = document["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        return found
    return part


def described(document: JSON, row: BodyField) -> JSON:
    """The field in the document."""
    body = document["paths"][row.template][row.method.lower()]["requestBody"]
    schema: JSON = body["content"]["application/json"]["schema"]
    for name in row.path:
        schema = resolved(document, schema)
        schema = schema["items"] if isinstance(name, int) else schema["properties"][name]
    return schema


def test_there_are_limits() -> None:
    """The fields with limits are found."""
    assert {limit.keyword for _row, limit in LIMITED} == {limit.keyword for limit in LIMITS}


@pytest.mark.parametrize(
    ("row", "limit"),
    LIMITED,
    ids=[f"{row.method} {row.template} {row.name} {limit.keyword}" for row, limit in LIMITED],
)
def test_limits(document: JSON, row: BodyField, limit: Limit) -> None:
    """The document shows the limit, and it is the one that the gateway enforces."""
    shown = described(document, row).get(limit.keyword)
    assert shown is not None
    assert not is_out_of_range(row.field, limit.value(shown))
    assert is_out_of_range(row.field, limit.value(shown + limit.step))


def test_defaults(document: JSON) -> None:
    """The limits that the configuration sets are in the document."""
    schemas = document["components"]["schemas"]
    assert schemas["InstanceCreate"]["properties"]["count"]["maximum"] == 20
    assert schemas["VolumeCreate"]["properties"]["size"]["maximum"] == 5120


class TestConfigured:
    """A gateway with limits of its own."""

    @pytest.fixture
    def application(self, conf: cfg.ConfigOpts) -> Any:
        return deploy.load_app(conf)

    @pytest.fixture
    def options(self) -> str:
        return "[instance]\nmax_count = 7\n[volume]\nmax_size_gb = 99\n"

    def test_limits(self, anybody: Caller) -> None:
        """Clients see the limits of this gateway, in every schema that has them."""
        schemas = anybody.get("/openapi.json").json["components"]["schemas"]
        limits = {
            f"{schema}.{name}": schemas[schema]["properties"][name]["maximum"]
            for schema, name in (
                ("InstanceCreate", "count"),
                ("VolumeCreate", "size"),
                ("VolumeExtend", "new_size"),
            )
        }
        assert limits == {
            "InstanceCreate.count": 7,
            "VolumeCreate.size": 99,
            "VolumeExtend.new_size": 99,
        }
