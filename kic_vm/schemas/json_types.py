"""Types of JSON in bodies: only those that the contract has, nothing that looks like one."""

from typing import Any

from marshmallow import Schema, ValidationError, fields


class Boolean(fields.Boolean):
    """true or false; no text, and no number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Integer(fields.Integer):
    """A whole number; no text, and no number with a fraction."""

    default_error_messages = {"invalid": "Must be a whole number."}  # noqa: RUF012 - as its base

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, **kwargs)


def check_strict(schema: Schema, name: str, field: fields.Field[Any]) -> None:
    """See that a field of a body takes JSON's own types only.

    :raises TypeError: it would take texts for numbers or booleans
    """
    loose = (fields.Boolean, fields.Number)
    if isinstance(field, loose) and not isinstance(field, Boolean | Integer):
        raise TypeError(f"{type(schema).__name__}.{name}: use a field of kic_vm.schemas.json_types")
