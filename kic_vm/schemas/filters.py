# SPDX-License-Identifier: Apache-2.0
"""Filters of lists: each kind of value follows the same rule in all lists.

Upper and lower case, and ``-`` and ``_``, are equivalent. A value that can never match, because it
is not a valid state, address or time, is refused; it does not return an empty list.
"""

import datetime
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from marshmallow import fields

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import validators
from kic_vm.schemas.field_errors import FieldValidationError

_MAC_ADDRESS: Final = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}\Z", re.IGNORECASE)
_OFFSET: Final = r"(?P<offset>[Zz]|[+ -]\d\d(?::?\d\d)?)?\Z"
_CLOCK: Final = r"(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
_DATE: Final = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    rf"(?:[Tt ](?P<hour>\d\d)(?::{_CLOCK})?)?)?)?{_OFFSET}",
    re.ASCII,
)
_TIME_OF_DAY: Final = re.compile(rf"(?P<hour>\d\d):{_CLOCK}{_OFFSET}", re.ASCII)
# A leap year, for dates without a year.
_ANY_DAY: Final = {"year": 2024, "month": 1, "day": 1}


def normalized(text: str) -> str:
    """The text in the form in which filters compare it."""
    return text.casefold().replace("-", "_")


class Text(fields.String):
    """A text that must equal the item's field."""


class Id(Text):
    """An id."""


class PartOfName(Text):
    """A text that the item's name must contain."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"description": "Part of the name."}, **kwargs)


class Enumerated(fields.String):
    """A filter with one of the possible values of the item's field.

    :param values: the values as in responses
    :param aliases: other accepted values -> the value that each stands for
    """

    def __init__(
        self, values: Iterable[str], *, aliases: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        self.values = tuple(values)
        self.aliases = dict(aliases or {})
        names = self.aliases | {value: value for value in self.values}
        self._by_name = {normalized(name): value for name, value in names.items()}
        super().__init__(validate=validators.OneOf(self.values), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if normalized(text) not in self._by_name:
            raise FieldValidationError(
                FieldErrorCode.NOT_ONE_OF, f"Must be one of: {', '.join(self.values)}."
            )
        return self._by_name[normalized(text)]


class Count(Text):
    """A number that the contract represents as a string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not re.fullmatch("[0-9]{1,9}", text):
            raise FieldValidationError(FieldErrorCode.INVALID_TYPE, "Must be a number.")
        return str(int(text))


class Address(Text):
    """An IP address in any notation."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return str(ipaddress.ip_address(super()._deserialize(value, attr, data, **kwargs)))
        except ValueError as error:
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT, "Must be a whole IP address."
            ) from error


class AddressRange(Text):
    """An address range in any CIDR notation."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return str(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT,
                "Must be a range in CIDR notation, such as 10.0.0.0/16.",
            ) from error


class MacAddress(Text):
    """A MAC address, with colons or hyphens."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _MAC_ADDRESS.match(text):
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT, "Must be a MAC address, such as fa:16:3e:12:34:56."
            )
        return text.lower().replace("-", ":")


class Period:
    """A second, minute, hour, day, month or year, or a time of day without a date."""

    def __init__(self, parts: Mapping[str, int], offset: datetime.tzinfo) -> None:
        self._parts = parts
        self._offset = offset

    def covers(self, stamp: str | None) -> bool:
        """Whether an item's RFC 3339 time is in the period; their UTC offsets may differ."""
        if not stamp:
            return False
        moment = datetime.datetime.fromisoformat(stamp).astimezone(self._offset)
        return all(getattr(moment, name) == value for name, value in self._parts.items())


class Moment(fields.String):
    """A time in any form of RFC 3339, or a leading or trailing part of one: a `Period`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            metadata={
                "description": "A time such as 2026-11-23T10:47:01Z, with any offset, names its "
                "second. 2026-11-23T10:47, 2026-11-23 and 2026-11 name that minute, day and month, "
                "and 10:47 that minute of each day; they are in UTC unless they end in an offset."
            },
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return _period(text)
        except ValueError as error:
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT,
                "Must be a date or a time, such as 2026-11-23 or 2026-11-23T10:47:01Z.",
            ) from error


def _period(text: str) -> Period:
    """The period that a time denotes.

    :raises ValueError: the time does not exist
    """
    matched = _DATE.match(text) or _TIME_OF_DAY.match(text)
    if matched is None:
        raise ValueError(text)
    groups = matched.groupdict()
    offset = _timezone(groups.pop("offset"))
    parts = {name: int(text) for name, text in groups.items() if text is not None}
    if parts.get("second") == 60:  # a leap second; no OpenStack service returns one
        parts["second"] = 59
    datetime.datetime(**(_ANY_DAY | parts), tzinfo=offset)
    return Period(parts, offset)


def _timezone(offset: str | None) -> datetime.timezone:
    """The UTC offset of a time; an unencoded plus sign arrives as a space."""
    if offset is None or offset in {"Z", "z"}:
        return datetime.UTC
    hours, minutes = int(offset[1:3]), int(offset[3:].removeprefix(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(offset)
    shift = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-shift if offset[0] == "-" else shift)


class Unavailable(fields.String):
    """A filter of the contract for a field that this list's items lack."""

    def __init__(self) -> None:
        super().__init__(metadata={"description": "Refused: the items of this list have none."})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        raise FieldValidationError(
            FieldErrorCode.INVALID_VALUE, "The items of this list have none: leave this filter out."
        )
