# SPDX-License-Identifier: Apache-2.0
"""The errors for requests that are not valid."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from kic_vm.exceptions.base import KicVmError
from kic_vm.exceptions.fields import FieldError, FieldErrorCode

# The problems in the message about the whole request.
_SHOWN: Final = 5
_PATH: Final = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w:-]+)*")


class InvalidRequest(KicVmError):
    """The request is malformed or impossible to fulfil.

    :param field_code: what is wrong with the request as a whole
    """

    status = 400
    code = "invalid_request"
    sentence = "The request is not valid."

    def __init__(
        self,
        message: str | None = None,
        field_code: FieldErrorCode = FieldErrorCode.INVALID_VALUE,
    ) -> None:
        super().__init__(message)
        self.field_errors = [FieldError(None, self.message, field_code)]


class InvalidField(InvalidRequest):
    """One field of the request is wrong.

    :param field: its path; it may omit the object that the body wraps the resource in, and the
        position of an item in a list. A name from the request that is not a path is only in the
        message
    :param problem: what to change
    :param field_code: what is wrong with the field
    """

    def __init__(
        self,
        field: str,
        problem: str,
        field_code: FieldErrorCode = FieldErrorCode.INVALID_VALUE,
    ) -> None:
        super().__init__(f"{field}: {problem}")
        if _PATH.fullmatch(field):
            self.field_errors = [FieldError(field, problem, field_code)]
        else:
            self.field_errors = [FieldError(None, self.message, field_code)]


class InvalidFields(InvalidRequest):
    """Fields of the request do not conform to its schema.

    :param field_errors: all of them, with their whole paths; the message has only the first ones
    """

    def __init__(self, field_errors: Sequence[FieldError]) -> None:
        super().__init__(_summary(field_errors))
        self.field_errors = field_errors

    def summary(self, translate: Callable[[str], str]) -> str:
        """The message about the first problems, and the number of the others.

        :param translate: translates the messages; the paths of fields stay
        """
        return _summary(self.field_errors, translate)


def _summary(field_errors: Sequence[FieldError], translate: Callable[[str], str] = str) -> str:
    shown = field_errors[:_SHOWN]
    messages = [f"{error.field}: {translate(error.message)}" for error in shown]
    if hidden := len(field_errors) - len(shown):
        messages.append(translate(f"(and {hidden} more)"))
    return " ".join(messages)
