# SPDX-License-Identifier: Apache-2.0
"""The error envelope."""

from marshmallow import Schema, fields, validate

from kic_vm.exceptions import ERRORS, FieldErrorCode


class FieldErrorSchema(Schema):
    """What is wrong with a field of the request."""

    field = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The path of the field from the top of the body, such as "
            "instance.volumes.0.size, or the name of a query parameter or header. Null if the "
            "message is about the whole request."
        },
    )
    code = fields.String(
        required=True,
        validate=validate.OneOf([code.value for code in FieldErrorCode]),
        metadata={"description": "What is wrong, for programs. The codes are stable."},
    )
    message = fields.String(required=True, metadata={"description": "What to change, for people."})


class ErrorSchema(Schema):
    """The error, and how to correct it."""

    code = fields.String(required=True, metadata={"enum": sorted({error.code for error in ERRORS})})
    message = fields.String(required=True)
    errors = fields.List(
        fields.Nested(FieldErrorSchema),
        metadata={"description": "Each wrong field; in every response of 400."},
    )
    state = fields.String(
        metadata={"description": "The documented state that does not allow the command."}
    )
    allowed_actions = fields.List(
        fields.String(), metadata={"description": "The commands that it allows."}
    )
    allow = fields.List(fields.String(), metadata={"description": "The methods that the path has."})
    snapshots = fields.List(
        fields.String(), metadata={"description": "Ids of those that stand in the way."}
    )
    network_interfaces = fields.List(
        fields.String(), metadata={"description": "Ids of those that stand in the way."}
    )
    fingerprint = fields.String(metadata={"description": "That of the keypair of this name now."})
    used_fingerprint = fields.String(
        metadata={"description": "That of the key that the caller has used under this name."}
    )
    fingerprints = fields.List(
        fields.String(), metadata={"description": "Those of the copies that members have."}
    )
    service = fields.String(metadata={"description": "The OpenStack service that failed."})
    outcome = fields.String(
        validate=validate.Equal("unknown"),
        metadata={
            "description": "Only if OpenStack may have performed the request, or may still perform "
            "it: now, or in an earlier attempt with the same Idempotency-Key."
        },
    )
    shown_by = fields.String(
        metadata={"description": "The operation that shows whether the request was done."}
    )
    quota = fields.String(metadata={"description": "The quota that is used up."})
    limit = fields.Integer(metadata={"description": "Of the quota."})
    used = fields.Integer(metadata={"description": "Of the quota."})
    requested = fields.Integer(metadata={"description": "Of the quota."})
    request_id = fields.String(
        metadata={"description": "Also in the header X-Openstack-Request-Id and in the log."}
    )


class ErrorEnvelopeSchema(Schema):
    """The body of every response of 400 and above."""

    error = fields.Nested(ErrorSchema, required=True)
