# SPDX-License-Identifier: Apache-2.0
"""Strict parser for JSON bodies; its time grows only with their length."""

import json
from typing import Any, Final, NoReturn

from kic_vm import exceptions
from kic_vm.exceptions import FieldErrorCode

FIELDS_MAXIMUM: Final = 256  # far more than any object of the API has
_SHOWN: Final = 100
# 64-bit integers have up to 20 digits; Python's time to parse one grows with their square.
_DIGITS_MAXIMUM: Final = 40


def read(body: bytes) -> Any:
    """The value of the body.

    :raises InvalidRequest: the body is not JSON, a field occurs twice, an object has too many
        fields, or an integer is too long
    """
    try:
        return json.loads(
            body,
            object_pairs_hook=object_with_unique_names,
            parse_int=_integer,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise exceptions.InvalidRequest(
            "The body is not valid JSON.", FieldErrorCode.INVALID_FORMAT
        ) from error


def object_with_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object without duplicate names.

    Otherwise a proxy could check the first of two fields, and the gateway use the second.

    :raises InvalidRequest: a name occurs twice, or there are too many names
    """
    read_object = dict(pairs)
    if len(read_object) < len(pairs):
        names: set[str] = set()
        for name, _value in pairs:
            if name in names:
                raise exceptions.InvalidField(
                    name[:_SHOWN], "this field came twice.", FieldErrorCode.DUPLICATE
                )
            names.add(name)
    if len(read_object) > FIELDS_MAXIMUM:
        raise exceptions.InvalidRequest(
            f"The body has an object of more than {FIELDS_MAXIMUM} fields.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    return read_object


def _integer(text: str) -> int:
    if len(text) > _DIGITS_MAXIMUM:
        raise exceptions.InvalidRequest(
            f"The body has an integer of more than {_DIGITS_MAXIMUM} digits.",
            FieldErrorCode.OUT_OF_RANGE,
        )
    return int(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
