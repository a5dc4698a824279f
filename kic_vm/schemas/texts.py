# SPDX-License-Identifier: Apache-2.0
"""Names and descriptions: one rule for all resources, whatever each service accepts.

Some services refuse line breaks in a description, others strip surrounding white space. Clients
send both: a text block of Terraform ends in a newline, and must be returned as it was written. So
these services get the description in a form that they preserve, and that operators can still read.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import FieldValidationError

JSON = dict[str, Any]

NAME_MAXIMUM: Final = 255
DESCRIPTION_MAXIMUM: Final = 255

# Unicode's symbols for the control characters: a tab is stored as U+2409.
_PICTURES: Final = {character: chr(0x2400 + ord(character)) for character in "\t\n\r"}
_ESCAPE: Final = "\u241b"  # the symbol for the escape character
_TO_STORE: Final = re.compile(f"[\t\n\r]|[{''.join(_PICTURES.values())}{_ESCAPE}]")
_STORED: Final = re.compile(f"{_ESCAPE}(.?)|[{''.join(_PICTURES.values())}]")
_CHARACTERS: Final = {picture: character for character, picture in _PICTURES.items()}


def is_storable(value: str) -> None:
    """Refuse characters of over three bytes, which OpenStack's databases cannot store."""
    if any(ord(character) > 0xFFFF or "\ud800" <= character <= "\udfff" for character in value):
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT,
            "Must not contain emoji or other characters beyond U+FFFF.",
        )


def is_text(value: str) -> None:
    """Refuse text with characters that no service stores; line breaks are allowed.

    :raises ValidationError: the text has such a character
    """
    is_storable(value)
    if any(_is_invisible(character) for character in value if character not in _PICTURES):
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT,
            "Must not contain control characters; line breaks and tabs are possible.",
        )


def is_name(value: str) -> None:
    """Refuse a name with characters that any of the services does not accept.

    :raises ValidationError: the name is not valid
    """
    is_storable(value)
    if not value.isprintable():
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must not contain control characters."
        )
    if value != value.strip():
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must not begin or end with a space."
        )


def is_reference(value: str) -> None:
    """Refuse a text with characters that no name has.

    :raises ValidationError: the text cannot be a name
    """
    is_storable(value)
    if any(_is_invisible(character) for character in value):
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must not contain control characters."
        )


def is_description(value: str) -> None:
    """Refuse a description that cannot be stored, although it is short enough.

    :raises ValidationError: the description is not valid
    """
    is_text(value)
    if len(value) <= DESCRIPTION_MAXIMUM < len(stored(value)):
        raise FieldValidationError(
            FieldErrorCode.OUT_OF_RANGE,
            f"Must have less than {DESCRIPTION_MAXIMUM} characters if it begins or ends with a "
            "space.",
        )


def _is_invisible(character: str) -> bool:
    """Whether a character is for control, format or private use, or separates lines."""
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}


def stored(description: str) -> str:
    """A description in the form that every service preserves; `shown` reverses it."""
    text = _TO_STORE.sub(_storable, description)
    if text[:1].isspace():
        text = _ESCAPE + text
    return text + _ESCAPE if text[-1:].isspace() else text


def shown(description: str | None) -> str | None:
    """The original of a `stored` description; any other description unchanged."""
    return description and _STORED.sub(_original, description)


def with_stored_description(resource: Mapping[str, Any]) -> JSON:
    """A request to a service, with the description in its stored form."""
    description = resource.get("description")
    return {**resource, "description": stored(description)} if description else dict(resource)


def _storable(match: re.Match[str]) -> str:
    return _PICTURES.get(match[0], _ESCAPE + match[0])


def _original(match: re.Match[str]) -> str:
    return _CHARACTERS.get(match[0], match[1] or "")
