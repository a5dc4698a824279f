# SPDX-License-Identifier: Apache-2.0
"""The ``errors`` of a 400 response: the problem of each field, for forms and other programs.

Each sentence of the gateway about a field begins with the path of the field, such as
``volumes.0.size: ``. This module separates the two, and assigns a stable code to each sentence.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from kic_vm.api.error_messages import Translate
from kic_vm.exceptions import KicVmError
from kic_vm.schemas.errors import FieldErrorCode

JSON = dict[str, Any]
Problems = Sequence[tuple[str | None, str]]

_SHOWN_MAXIMUM: Final = 100
# The problems in the message about the whole request.
_IN_MESSAGE: Final = 5
_SENTENCE: Final = re.compile(r"([A-Za-z_][\w-]*(?:\.[\w:-]+)*): (.+)", re.DOTALL)
_WHOLE_BODY: Final = "body"
# The first pattern that a sentence contains decides. The sentences are marshmallow's, those of the
# schemas and those of the operations.
_PATTERNS: Final = {
    FieldErrorCode.REQUIRED: (
        "^Missing data",
        "may not be null",
        "is needed",
        "must be given",
        "^Must be the id of the volume",
        "^give (its|the) ",
        "^name one",
    ),
    FieldErrorCode.UNKNOWN_FIELD: ("^Unknown field",),
    FieldErrorCode.INVALID_TYPE: (
        "^Not a valid (integer|number|string|boolean|list|mapping type)",
        "^Invalid input type",
        "^Must be true or false",
        "^must be of type",
        r"^Must be a number\.",
    ),
    FieldErrorCode.NOT_ONE_OF: ("^Must be one of", "must be of those", "^Not a valid choice"),
    FieldErrorCode.DUPLICATE: ("twice", "only once"),
    FieldErrorCode.OUT_OF_RANGE: (
        "(greater|less|larger|more|shorter|longer) than",
        "at (least|most)",
        "^Length must",
        "must be larger",
        "too many",
        "above|below",
    ),
    FieldErrorCode.NOT_FOUND: ("there is no ",),
    FieldErrorCode.INVALID_FORMAT: (
        "^Not a valid",
        "^String does not match",
        r"^Must be (an?|base64|written|private)\b",
        "Must not (contain|begin)",
        "^Must have its prefix",
        "not (a )?valid JSON",
    ),
}
_CODES: Final = {
    code: re.compile("|".join(patterns), re.IGNORECASE) for code, patterns in _PATTERNS.items()
}


def describe(error: KicVmError, body: object = None, translate: Translate = str) -> list[JSON]:
    """The field, code and message of each problem of a refused request.

    :param error: its sentence, or the sentences in ``problems`` if it has some
    :param body: the body of the request, to complete the paths of fields
    :param translate: translates the messages
    """
    if error.problems:
        problems: Problems = error.problems[:_SHOWN_MAXIMUM]
    else:
        field, message = _separated(error.message)
        problems = [(field and _completed(field, message, body), message)]
    return [_described(field, message, translate) for field, message in problems]


def message_of(error: KicVmError, translate: Translate) -> str:
    """The message of an error, translated; the paths of fields stay."""
    if error.problems:
        problems = error.problems
        return summary([(field, translate(message)) for field, message in problems], translate)
    field, message = _separated(error.message)
    return f"{field}: {translate(message)}" if field else translate(message)


def summary(problems: Problems, translate: Translate = str) -> str:
    """The message about all problems of a request.

    :param translate: translates what this function adds to the problems
    """
    sentences = [f"{field}: {message}" for field, message in problems[:_IN_MESSAGE]]
    hidden = len(problems) - _IN_MESSAGE
    if hidden > 0:
        sentences.append(translate(f"(and {hidden} more)"))
    return " ".join(sentences)


def code_of(message: str) -> FieldErrorCode:
    """The code of a sentence about a field."""
    return next(
        (code for code, pattern in _CODES.items() if pattern.search(message)),
        FieldErrorCode.INVALID_VALUE,
    )


def _separated(message: str) -> tuple[str | None, str]:
    match = _SENTENCE.fullmatch(message)
    return (match[1], match[2]) if match else (None, message)


def _described(field: str | None, message: str, translate: Translate) -> JSON:
    return {
        "field": None if field == _WHOLE_BODY else field,
        "code": code_of(message).value,
        "message": translate(message),
    }


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
