# SPDX-License-Identifier: Apache-2.0
"""Messages about fields that carry their code through marshmallow.

marshmallow knows only texts. A `CodedMessage` is a text to it, so that each message still has the
code with which it was created when the response is made.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import marshmallow as ma
from marshmallow import fields, validate

from kic_vm.exceptions import FieldErrorCode

# The code of each message of marshmallow's own fields, by the message's key.
_CODES: Final[Mapping[type, Mapping[str, FieldErrorCode]]] = {
    fields.Field: {
        "required": FieldErrorCode.REQUIRED,
        "null": FieldErrorCode.REQUIRED,
        "validator_failed": FieldErrorCode.INVALID_VALUE,
    },
    fields.Boolean: {"invalid": FieldErrorCode.INVALID_TYPE},
    fields.Float: {"special": FieldErrorCode.INVALID_VALUE},
    fields.Integer: {"invalid": FieldErrorCode.INVALID_TYPE},
    fields.List: {"invalid": FieldErrorCode.INVALID_TYPE},
    fields.Mapping: {"invalid": FieldErrorCode.INVALID_TYPE},
    fields.Nested: {"type": FieldErrorCode.INVALID_TYPE},
    fields.Number: {
        "invalid": FieldErrorCode.INVALID_TYPE,
        "too_large": FieldErrorCode.INVALID_VALUE,
    },
    fields.String: {
        "invalid": FieldErrorCode.INVALID_TYPE,
        "invalid_utf8": FieldErrorCode.INVALID_FORMAT,
    },
    fields.UUID: {"invalid_uuid": FieldErrorCode.INVALID_FORMAT},
}


class CodedMessage(str):
    """A message about a field, or a template of one, with its code."""

    __slots__ = ("code",)

    code: FieldErrorCode

    def __new__(cls, text: str, code: FieldErrorCode) -> Self:
        """See the class."""
        message = super().__new__(cls, text)
        message.code = code
        return message

    def __reduce__(self) -> tuple[type[Self], tuple[str, FieldErrorCode]]:
        """A copy keeps the code."""
        return type(self), (str(self), self.code)

    def format(self, *args: object, **kwargs: object) -> Self:
        """The message of this template, with the same code."""
        return type(self)(super().format(*args, **kwargs), self.code)


class FieldValidationError(ma.ValidationError):
    """A wrong value of a field.

    :param code: what is wrong
    :param message: what to change
    :param field_name: the field, if the whole object is validated
    """

    def __init__(self, code: FieldErrorCode, message: str, field_name: str = "_schema") -> None:
        super().__init__(CodedMessage(message, code), field_name)


@contextlib.contextmanager
def coded(code: FieldErrorCode) -> Iterator[None]:
    """Give this code to the messages of marshmallow's errors.

    :raises FieldValidationError: instead of marshmallow's own error
    """
    try:
        yield
    except ma.ValidationError as error:
        raise FieldValidationError(code, str(error.messages[0])) from error


def code_of(message: object) -> FieldErrorCode:
    """The code of a message; ``invalid_value`` for one without a code."""
    return message.code if isinstance(message, CodedMessage) else FieldErrorCode.INVALID_VALUE


def add_codes(field: fields.Field[Any]) -> None:
    """Give the messages of a field of a request their codes.

    :raises TypeError: a message or a validator has none
    """
    field.error_messages = {
        key: text if isinstance(text, CodedMessage) else CodedMessage(str(text), _code(field, key))
        for key, text in field.error_messages.items()
    }
    for validator in field.validators:
        if isinstance(validator, validate.Validator) and not hasattr(validator, "field_code"):
            raise TypeError(f"{field}: use a validator of kic_vm.schemas.validators")
    if isinstance(field, fields.List):
        add_codes(field.inner)


def _code(field: fields.Field[Any], key: str) -> FieldErrorCode:
    """The code of a message, from the row of the class that defines the message."""
    for kind in type(field).__mro__:
        if key in vars(kind).get("default_error_messages", {}):
            if key in _CODES.get(kind, {}):
                return _CODES[kind][key]
            break
    raise TypeError(f"{type(field).__name__}: add the code of its message {key!r} to {__name__}")
