# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a field of a request, as a stable code."""

import enum
from typing import NamedTuple


class FieldErrorCode(enum.StrEnum):
    """What is wrong with a field. The codes are stable: clients may branch on them."""

    REQUIRED = "required"
    UNKNOWN_FIELD = "unknown_field"
    INVALID_TYPE = "invalid_type"
    INVALID_FORMAT = "invalid_format"
    INVALID_VALUE = "invalid_value"
    NOT_ONE_OF = "not_one_of"
    OUT_OF_RANGE = "out_of_range"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"


class FieldError(NamedTuple):
    """One item of the ``errors`` of a 400 response."""

    field: str | None
    """The path of the field; None if the message is about the whole request."""
    message: str
    """What to change."""
    code: FieldErrorCode = FieldErrorCode.INVALID_VALUE
