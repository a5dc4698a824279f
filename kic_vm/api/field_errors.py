# SPDX-License-Identifier: Apache-2.0
"""The ``errors`` of a 400 response: the problem of each field, for forms and other programs."""

import re
from collections.abc import Sequence
from typing import Any, Final

from kic_vm.api.error_messages import Translate
from kic_vm.exceptions import FieldError, InvalidField, InvalidFields, KicVmError

JSON = dict[str, Any]

# The path of errors of a whole body.
WHOLE_BODY: Final = "body"
_SHOWN_MAXIMUM: Final = 100
_SENTENCE: Final = re.compile(r"([A-Za-z_][\w-]*(?:\.[\w:-]+)*): (.+)", re.DOTALL)


def describe(error: KicVmError, body: object = None, translate: Translate = str) -> list[JSON]:
    """The field, code and message of each problem of a refused request.

    :param body: the body of the request, to complete the path of an `InvalidField`
    :param translate: translates the messages
    """
    errors: Sequence[FieldError] = error.field_errors or [FieldError(None, error.message)]
    return [
        {
            "field": _path(error, item, body),
            "code": item.code.value,
            "message": translate(item.message),
        }
        for item in errors[:_SHOWN_MAXIMUM]
    ]


def message_of(error: KicVmError, translate: Translate) -> str:
    """The message of an error, translated; the paths of fields stay."""
    if isinstance(error, InvalidFields):
        return error.summary(translate)
    match = _SENTENCE.fullmatch(error.message)
    return f"{match[1]}: {translate(match[2])}" if match else translate(error.message)


def _path(error: KicVmError, item: FieldError, body: object) -> str | None:
    if item.field is None or item.field == WHOLE_BODY:
        return None
    if isinstance(error, InvalidField):
        return _completed(item.field, item.message, body)
    return item.field


def _completed(field: str, message: str, body: object) -> str:
    """The path of a field from the top of the body.

    Operations know neither the object that the body wraps a resource in, nor, in some cases, the
    position in a list.
    """
    if not isinstance(body, dict):
        return field
    names = field.split(".")
    if names[0] not in body and len(body) == 1:
        (wrapper,) = body
        if isinstance(body[wrapper], dict):
            names.insert(0, wrapper)
    return ".".join(_with_positions(names, message, body))


def _with_positions(names: list[str], message: str, value: Any) -> list[str]:
    """The names, with the position of an item after the name of a list, if it is known."""
    if not names:
        return []
    name, *rest = names
    if isinstance(value, list):
        if name.isdigit():
            item = value[int(name)] if int(name) < len(value) else None
            return [name, *_with_positions(rest, message, item)]
        positions = [
            number
            for number, item in enumerate(value)
            if isinstance(item, dict) and (len(value) == 1 or _is_named(item.get(name), message))
        ]
        if len(positions) != 1:
            return names
        return [str(positions[0]), *_with_positions(names, message, value[positions[0]])]
    inner = value.get(name) if isinstance(value, dict) else None
    return [name, *_with_positions(rest, message, inner)]


def _is_named(value: object, message: str) -> bool:
    return isinstance(value, str) and bool(value) and value in message
