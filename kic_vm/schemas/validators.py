# SPDX-License-Identifier: Apache-2.0
"""marshmallow's validators for requests: their messages carry a code."""

from typing import Any, ClassVar

from marshmallow import validate

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import coded


class Length(validate.Length):
    """The length of a text or list.

    :param field_code: what is wrong with a value that has another length
    """

    def __init__(
        self, *, field_code: FieldErrorCode = FieldErrorCode.OUT_OF_RANGE, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.field_code = field_code

    def __call__(self, value: Any) -> Any:
        """See marshmallow."""
        with coded(self.field_code):
            return super().__call__(value)


class NoneOf(validate.NoneOf):
    """Values that are refused."""

    field_code: ClassVar = FieldErrorCode.INVALID_VALUE

    def __call__(self, value: Any) -> Any:
        """See marshmallow."""
        with coded(self.field_code):
            return super().__call__(value)


class OneOf(validate.OneOf):
    """The only values that are accepted."""

    field_code: ClassVar = FieldErrorCode.NOT_ONE_OF

    def __call__(self, value: Any) -> Any:
        """See marshmallow."""
        with coded(self.field_code):
            return super().__call__(value)


class Range(validate.Range):
    """The least and the greatest value."""

    field_code: ClassVar = FieldErrorCode.OUT_OF_RANGE

    def __call__(self, value: Any) -> Any:
        """See marshmallow."""
        with coded(self.field_code):
            return super().__call__(value)


class Regexp(validate.Regexp):
    """A pattern that a text must match.

    :param field_code: what is wrong with a text that does not
    """

    def __init__(
        self,
        pattern: str,
        *,
        error: str,
        field_code: FieldErrorCode = FieldErrorCode.INVALID_FORMAT,
    ) -> None:
        super().__init__(pattern, error=error)
        self.field_code = field_code

    def __call__(self, value: Any) -> Any:
        """See marshmallow."""
        with coded(self.field_code):
            return super().__call__(value)
