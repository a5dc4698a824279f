# SPDX-License-Identifier: Apache-2.0
"""Keypairs."""

from typing import TypedDict

from marshmallow import Schema, fields, validate

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import base, filters, texts, validators
from kic_vm.schemas.field_errors import FieldValidationError
from kic_vm.schemas.secrets import SecretString

# The characters that Nova accepts in a name, and the length left besides the project's code.
_NAME = validators.Regexp(
    r"[A-Za-z0-9](?:[A-Za-z0-9 _-]*[A-Za-z0-9_-])?\Z",
    error="Must begin with a letter or digit and hold only letters, digits, spaces, - and _.",
    field_code=FieldErrorCode.INVALID_VALUE,
)
NAME_MAXIMUM = 183
TYPES = ["ssh", "x509"]


class KeypairSchema(Schema):
    """A keypair as returned by get and list."""

    id = fields.String(required=True, metadata={"description": "The name."})
    name = fields.String()
    user_id = fields.String(allow_none=True, metadata={"description": "Who made it."})
    fingerprint = fields.String()
    public_key = fields.String()
    type = fields.String(validate=validate.OneOf(TYPES))
    created_at = fields.String(allow_none=True)


class CreatedKeypairSchema(Schema):
    """A new keypair; no other response has the private key."""

    name = fields.String(required=True)
    user_id = fields.String(required=True)
    fingerprint = fields.String(required=True)
    public_key = fields.String(required=True)
    private_key = SecretString(
        required=True, allow_none=True, metadata={"description": "null for an imported key"}
    )
    type = fields.String(required=True)


def _is_public_key(value: str | None) -> None:
    if value is not None and not value.strip():
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT, "Must be a public key in OpenSSH's format, or left out."
        )


class KeypairCreateBody(TypedDict):
    """A keypair to create or to import; see KeypairCreateSchema."""

    name: str
    public_key: str | None


class KeypairCreateSchema(base.RequestSchema):
    """A keypair to create or, with a public key, to import."""

    name = fields.String(
        required=True, validate=[validators.Length(min=1, max=NAME_MAXIMUM), _NAME]
    )
    public_key = fields.String(
        allow_none=True,
        load_default=None,
        validate=[validators.Length(max=16384), texts.is_text, _is_public_key],
    )


KeypairEnvelopeSchema = base.envelope("keypair", KeypairSchema)
KeypairPageSchema = base.page("keypairs", KeypairSchema)
CreatedKeypairEnvelopeSchema = base.envelope("keypair", CreatedKeypairSchema)
KeypairCreateEnvelopeSchema = base.envelope("keypair", KeypairCreateSchema, base.RequestSchema)

KeypairListQuerySchema = base.query_schema(
    KeypairSchema,
    id=filters.Text(),
    name=filters.PartOfName(),
    type=filters.Enumerated(TYPES),
    fingerprint=filters.Text(),
    created_at=filters.Unavailable(),
)
