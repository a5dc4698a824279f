# SPDX-License-Identifier: Apache-2.0
"""Lists in requests: a list that is too long is refused before its items are read."""

from collections.abc import Callable
from typing import Any, Final

from marshmallow import fields
from webargs.fields import DelimitedFieldMixin

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas.field_errors import CodedMessage, FieldValidationError
from kic_vm.schemas.validators import Length

MAXIMUM: Final = 256


class RequestList(fields.List[Any]):
    """A list of at most ``maximum`` items.

    marshmallow reads and checks every item before it runs a validator for the length.

    :param minimum_error: the error for an empty list, if the list must not be empty
    """

    def __init__(
        self,
        cls_or_instance: fields.Field[Any] | type[fields.Field[Any]],
        *,
        maximum: int = MAXIMUM,
        minimum_error: str | None = None,
        validate: Callable[[list[Any]], None] | None = None,
        **kwargs: Any,
    ) -> None:
        self._maximum = maximum
        validators: list[Callable[[list[Any]], Any]] = [Length(max=maximum)]
        if minimum_error is not None:
            required = FieldErrorCode.REQUIRED
            validators.append(Length(min=1, error=minimum_error, field_code=required))
            kwargs["error_messages"] = {"null": CodedMessage(minimum_error, required)}
        if validate is not None:
            validators.append(validate)
        super().__init__(cls_or_instance, validate=validators, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self._maximum:
            raise FieldValidationError(
                FieldErrorCode.OUT_OF_RANGE, f"Must have at most {self._maximum} items."
            )
        items: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        return items


class CommaSeparatedList(DelimitedFieldMixin, RequestList):
    """A list in a query: items separated by commas."""

    default_error_messages = {  # noqa: RUF012 - as its base
        "invalid": CodedMessage(
            "Must be a text of items, separated by commas.", FieldErrorCode.INVALID_FORMAT
        )
    }
