# SPDX-License-Identifier: Apache-2.0
"""Logs of an instance."""

from marshmallow import Schema, fields

from kic_vm.schemas import base, validators


class InstanceActionSchema(Schema):
    """An action on an instance."""

    action = fields.String(
        metadata={
            "description": "The command. Nova does not keep of which kind a reboot was: reboot."
        }
    )
    request_id = fields.String(metadata={"description": "Nova's, for its operator."})
    user_id = fields.String(allow_none=True, metadata={"description": "Who did it."})
    start_time = fields.String(allow_none=True)
    message = fields.String(allow_none=True, metadata={"description": "Set where it failed."})
    updated_at = fields.String(allow_none=True)


class InstanceActionsSchema(Schema):
    """The actions on an instance, newest first."""

    actions = fields.List(fields.Nested(InstanceActionSchema), required=True)


class ConsoleLogQuerySchema(base.QuerySchema):
    """The number of console lines to return."""

    lines = fields.Integer(
        required=True,
        validate=validators.Range(min=1, max=base.MAXIMUM_32_BIT),
        metadata={"description": "How many, counted from the end."},
    )


ConsoleLogSchema: type[Schema] = Schema.from_dict(
    {"console-logs": fields.String(required=True)}, name="ConsoleLogSchema"
)
