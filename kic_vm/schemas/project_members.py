# SPDX-License-Identifier: Apache-2.0
"""Members of a project."""

from typing import Any, NotRequired, TypedDict

from marshmallow import Schema, fields, validates_schema

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import base, filters, validators
from kic_vm.schemas.field_errors import FieldValidationError

ROLES = ["admin", "member", "reader"]


def _role() -> fields.String:
    return fields.String(required=True, validate=validators.OneOf(ROLES))


class MemberSchema(Schema):
    """A user with a documented role in the project."""

    user_id = fields.String(required=True)
    user_name = fields.String(required=True)
    domain_id = fields.String(required=True, metadata={"description": "The user's."})
    role = _role()
    is_direct = fields.Boolean(
        required=True,
        metadata={"description": "False: by a group or from above, and not to be changed here."},
    )


class MemberCreateSchema(base.RequestSchema):
    """A user to add, by id, or by name in the project's domain."""

    user_id = fields.String(
        validate=validators.Regexp("^[0-9a-f]{32}([0-9a-f]{32})?$", error="Must be a user's id.")
    )
    user_name = base.reference()
    role = _role()

    @validates_schema
    def _names_one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if ("user_id" in data) == ("user_name" in data):
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE, "Give either this or user_name.", "user_id"
            )


class MemberCreateBody(TypedDict):
    """A user to add, by id or by name; see MemberCreateSchema."""

    user_id: NotRequired[str]
    user_name: NotRequired[str]
    role: str


class MemberUpdateSchema(base.RequestSchema):
    """The new role of a member."""

    role = _role()


MemberEnvelopeSchema = base.envelope("member", MemberSchema)
MemberCreateEnvelopeSchema = base.envelope("member", MemberCreateSchema, base.RequestSchema)
MemberUpdateEnvelopeSchema = base.envelope("member", MemberUpdateSchema, base.RequestSchema)
MemberPageSchema = base.page("members", MemberSchema)

MemberListQuerySchema = base.query_schema(
    MemberSchema,
    default_key="user_name",
    user_id=filters.Id(),
    user_name=filters.PartOfName(),
    role=filters.Enumerated(ROLES),
)
