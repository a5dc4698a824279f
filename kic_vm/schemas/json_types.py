# SPDX-License-Identifier: Apache-2.0
"""Strict JSON types in request bodies: no values that merely look like the right type."""

from typing import Any

from marshmallow import Schema, fields

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import CodedMessage, FieldValidationError


class Boolean(fields.Boolean):
    """true or false; neither a string nor a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise FieldValidationError(FieldErrorCode.INVALID_TYPE, "Must be true or false.")
        return value


class Integer(fields.Integer):
    """A whole number; neither a string nor a number with a fraction."""

    default_error_messages = {  # noqa: RUF012 - as its base
        "invalid": CodedMessage("Must be a whole number.", FieldErrorCode.INVALID_FORMAT)
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)


def check_strict(schema: Schema, name: str, field: fields.Field[Any]) -> None:
    """Check that a field of a request body accepts only JSON's own types.

    :raises TypeError: the field would accept strings as numbers or booleans
    """
    loose = (fields.Boolean, fields.Number)
    if isinstance(field, loose) and not isinstance(field, Boolean | Integer):
        raise TypeError(f"{type(schema).__name__}.{name}: use a field of kic_vm.schemas.json_types")
