# SPDX-License-Identifier: Apache-2.0
"""The base of all errors, and the error for a defect of the gateway."""

from collections.abc import Sequence
from typing import Any, ClassVar

from kic_vm.exceptions.fields import FieldError


class KicVmError(Exception):
    """An error response.

    :param message: a sentence for this case; the class has one for the general case
    :param details: JSON fields besides the message in the error envelope
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    sentence: ClassVar[str] = "The gateway has an internal error, which it has logged."
    retry_after: int | None = None
    """Seconds after which a retry makes sense, for the Retry-After header."""
    field_errors: Sequence[FieldError] = ()
    """Each wrong field; in a 400 response only."""
    is_outcome_unknown: bool = False
    """Whether the outcome of a write to a service is unknown."""

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.sentence
        self.details = details
        super().__init__(self.message)


def is_refusal(error: BaseException) -> bool:
    """Whether the failed operation was certainly not performed.

    It may have been performed after an unexpected exception, which can come from the answer to a
    write.
    """
    return isinstance(error, KicVmError) and not error.is_outcome_unknown


class InternalError(KicVmError):
    """A defect of the gateway."""
