# SPDX-License-Identifier: Apache-2.0
"""Shared parts of the schemas: paging, names, descriptions, ids, envelopes."""

from collections.abc import Collection
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import filters, json_types, texts, validators
from kic_vm.schemas.field_errors import CodedMessage, FieldValidationError, add_codes
from kic_vm.schemas.lists import CommaSeparatedList

MAXIMUM_32_BIT = 2**31 - 1
PAGE_MAXIMUM = 1000  # the page size that the Terraform provider requests


class IncomingSchema(Schema):
    """A request body or query; unknown fields are refused by name."""

    class Meta:
        """Options of marshmallow."""

        unknown = RAISE

    error_messages: dict[str, str] = {  # noqa: RUF012 - as its base
        "type": CodedMessage("Invalid input type.", FieldErrorCode.INVALID_TYPE),
        "unknown": CodedMessage("Unknown field.", FieldErrorCode.UNKNOWN_FIELD),
    }

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """See marshmallow.

        :raises TypeError: an error of the field would have no code
        """
        add_codes(field_obj)


class QuerySchema(IncomingSchema):
    """A query: all its values are strings."""


class ListQuerySchema(QuerySchema):
    """The query of a list: its filters and its paging."""

    item: ClassVar[type[Schema]]
    """The schema of the list's items."""


class RequestSchema(IncomingSchema):
    """A request body: its fields have JSON types."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """See marshmallow.

        :raises TypeError: the field would accept strings as numbers or booleans, or an error of the
            field would have no code
        """
        super().on_bind_field(field_name, field_obj)
        json_types.check_strict(self, field_name, field_obj)


class PaginationSchema(Schema):
    """The position of a page in its list."""

    total = fields.Integer(
        required=True, metadata={"description": "Items that match, on all pages."}
    )
    offset = fields.Integer(required=True)
    limit = fields.Integer(required=True)


class LifecycleSchema(Schema):
    """The documented state of a resource."""

    state = fields.String(
        required=True, metadata={"description": "As documented, such as Shelved_offloaded."}
    )
    billable = fields.Boolean(
        required=True, metadata={"description": "Whether time in this state is billed."}
    )
    allowed_actions = fields.List(
        fields.String(), required=True, metadata={"description": "Commands that are possible now."}
    )
    reason = fields.String(
        metadata={
            "description": "Why fewer commands are possible than the state allows; absent where "
            "all of them are."
        }
    )


class InstanceLifecycleSchema(LifecycleSchema):
    """The documented state of an instance, and since when it has lasted."""

    since = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Since when the instance has been in this state; null if that takes "
            "another call: its history tells it."
        },
    )
    billable_since = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Since when the instance has been billed without a break; null if it is "
            "not billed, or if that takes another call: its history tells it."
        },
    )


def name(maximum: int = texts.NAME_MAXIMUM, **kwargs: Any) -> fields.String:
    """A resource's name, limited to what all services accept."""
    length = validators.Length(min=1, max=maximum)
    return fields.String(validate=[length, texts.is_name], **kwargs)


def reference(**kwargs: Any) -> fields.String:
    """The name of an existing resource, which may have been created outside this API."""
    length = validators.Length(min=1, max=texts.NAME_MAXIMUM)
    return fields.String(validate=[length, texts.is_reference], **kwargs)


def description(**kwargs: Any) -> fields.String:
    """A description, or null."""
    length = validators.Length(max=texts.DESCRIPTION_MAXIMUM)
    return fields.String(allow_none=True, validate=[length, texts.is_description], **kwargs)


def optional_uuid() -> fields.UUID:
    """An id that can be null or omitted."""
    return fields.UUID(allow_none=True, load_default=None)


def _refuse_key(_value: Any) -> None:
    raise FieldValidationError(
        FieldErrorCode.INVALID_VALUE,
        "Volumes with a key of one's own are not offered: leave it out.",
    )


def no_encryption_key() -> fields.UUID:
    """The contract's encryption key of a volume: only null is accepted."""
    return fields.UUID(allow_none=True, load_default=None, validate=_refuse_key)


def _names_each_once(keys: list[str]) -> None:
    """Refuse to sort by the same field twice: the second one has no effect."""
    if len(set(keys)) < len(keys):
        raise FieldValidationError(FieldErrorCode.DUPLICATE, "Must name each field only once.")


def query_schema(
    item: type[Schema],
    default_key: str = "created_at",
    unsortable: Collection[str] = (),
    **parameters: fields.Field[Any],
) -> type[ListQuerySchema]:
    """The query of a list operation: its filters, and the paging that every list has.

    :param item: schema of the list's items; the list can be sorted by its plain fields
    :param default_key: the field to sort by if the caller names none; a list without this field
        keeps its own order
    :param unsortable: plain fields that no item of the list has
    :param parameters: the filters, of the kinds in `kic_vm.schemas.filters`
    """
    unsortable = {
        *unsortable,
        *(name for name, field in parameters.items() if isinstance(field, filters.Unavailable)),
    } - {default_key}
    sortable = sorted(
        key
        for key, field in item().fields.items()
        if key not in unsortable
        and not isinstance(field, fields.Nested | fields.List | fields.Dict)
    )
    key = filters.Enumerated(sortable)
    direction = filters.Enumerated(["asc", "desc"])
    paging: dict[str, fields.Field[Any]] = _paging() | {
        "sort_keys": CommaSeparatedList(
            key,
            maximum=len(sortable),
            validate=_names_each_once,
            load_default=[default_key],
            metadata={
                "description": "Fields, by commas; each of them once.",
                "default": [default_key],
            },
        ),
        "sort_dirs": CommaSeparatedList(
            direction,
            maximum=len(sortable),
            load_default=["desc"],
            metadata={"description": "asc or desc, by commas.", "default": ["desc"]},
        ),
    }
    return _query_schema(item, parameters | paging)


def page_query_schema(item: type[Schema]) -> type[ListQuerySchema]:
    """The query of a list operation without filters and sort keys.

    :param item: schema of the list's items
    """
    return _query_schema(item, _paging())


def _query_schema(
    item: type[Schema], parameters: dict[str, fields.Field[Any]]
) -> type[ListQuerySchema]:
    query: type[ListQuerySchema] = type(
        item.__name__.removesuffix("Schema") + "ListQuerySchema",
        (ListQuerySchema,),
        {**parameters, "item": item, "__doc__": "Filters and paging of a list."},
    )
    return query


def _paging() -> dict[str, fields.Field[Any]]:
    return {
        "limit": fields.Integer(
            load_default=20, validate=validators.Range(min=1, max=PAGE_MAXIMUM)
        ),
        "offset": fields.Integer(
            load_default=0, validate=validators.Range(min=0, max=MAXIMUM_32_BIT)
        ),
    }


def envelope(key: str, schema: type[Schema], base: type[Schema] = Schema) -> type[Schema]:
    """A body with one object under the resource's name."""
    title = schema.__name__.removesuffix("Schema")
    return type(
        f"{title}EnvelopeSchema",
        (base,),
        {key: fields.Nested(schema, required=True), "__doc__": f"One {key}."},
    )


def page(key: str, schema: type[Schema]) -> type[Schema]:
    """A page of a list, with ``pagination``."""
    title = schema.__name__.removesuffix("Schema")
    return type(
        f"{title}PageSchema",
        (Schema,),
        {
            key: fields.List(fields.Nested(schema), required=True),
            "pagination": fields.Nested(PaginationSchema, required=True),
            "__doc__": f"A page of {key}.",
        },
    )
