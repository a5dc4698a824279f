"""Names and descriptions: one rule for all resources, whatever the service behind each one takes.

Some services refuse line breaks in a description, others drop the space around it. Clients have
both: a text block of Terraform ends in a newline, and must be read again as it was written. So
these services get a description in a form that they keep, and that operators can still read.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, validate

JSON = dict[str, Any]

NAME_MAXIMUM: Final = 255
DESCRIPTION_MAXIMUM: Final = 255

# Unicode's own pictures of the characters: a tab is stored as U+2409.
_PICTURES: Final = {character: chr(0x2400 + ord(character)) for character in "\t\n\r"}
_ESCAPE: Final = "\u241b"  # the picture of the escape character
_TO_STORE: Final = re.compile(f"[\t\n\r]|[{''.join(_PICTURES.values())}{_ESCAPE}]")
_STORED: Final = re.compile(f"{_ESCAPE}(.?)|[{''.join(_PICTURES.values())}]")
_CHARACTERS: Final = {picture: character for character, picture in _PICTURES.items()}


def is_storable(value: str) -> None:
    """Refuse what OpenStack's databases do not take: their text has three bytes a character."""
    if any(ord(character) > 0xFFFF or "\ud800" <= character <= "\udfff" for character in value):
        raise ValidationError("Must not contain emoji or other characters beyond U+FFFF.")


def is_text(value: str) -> None:
    """Refuse what no service keeps, in however many lines.

    :raises ValidationError: there is such a character
    """
    is_storable(value)
    if any(_is_invisible(character) for character in value if character not in _PICTURES):
        raise ValidationError(
            "Must not contain control characters; line breaks and tabs are possible."
        )


def is_name(value: str) -> None:
    """Refuse what one of the services does not take as a name.

    :raises ValidationError: it is not a name
    """
    validate.Length(min=1, max=NAME_MAXIMUM)(value)
    is_storable(value)
    if not value.isprintable():
        raise ValidationError("Must not contain control characters.")
    if value != value.strip():
        raise ValidationError("Must not begin or end with a space.")


def is_reference(value: str) -> None:
    """Refuse what cannot be the name of anything.

    :raises ValidationError: it is no name
    """
    validate.Length(min=1, max=NAME_MAXIMUM)(value)
    is_storable(value)
    if any(_is_invisible(character) for character in value):
        raise ValidationError("Must not contain control characters.")


def is_description(value: str) -> None:
    """Refuse what cannot be kept as a description.

    :raises ValidationError: it is not a description
    """
    validate.Length(max=DESCRIPTION_MAXIMUM)(value)
    is_text(value)
    if len(stored(value)) > DESCRIPTION_MAXIMUM:
        raise ValidationError(
            f"Must have less than {DESCRIPTION_MAXIMUM} characters if it begins or ends with a "
            "space."
        )


def _is_invisible(character: str) -> bool:
    """Whether the character is for control, format or private use, or ends a line or paragraph."""
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}


def stored(description: str) -> str:
    """A description as every service keeps it; `shown` gives it back."""
    text = _TO_STORE.sub(_storable, description)
    if text[:1].isspace():
        text = _ESCAPE + text
    return text + _ESCAPE if text[-1:].isspace() else text


def shown(description: str | None) -> str | None:
    """A description that was `stored`, as it was; any other one as it is."""
    return description and _STORED.sub(_original, description)


def with_stored_description(resource: Mapping[str, Any]) -> JSON:
    """What a service is asked for, its description in the form that is stored."""
    description = resource.get("description")
    return {**resource, "description": stored(description)} if description else dict(resource)


def _storable(match: re.Match[str]) -> str:
    return _PICTURES.get(match[0], _ESCAPE + match[0])


def _original(match: re.Match[str]) -> str:
    return _CHARACTERS.get(match[0], match[1] or "")
