"""Commands on instances that need more than their name."""

from typing import Final

from marshmallow import fields, validate

from kic_vm.schemas import base

COMMANDS: Final = (
    "start",
    "stop",
    "shelve",
    "unshelve",
    "soft-reboot",
    "hard-reboot",
    "confirm-resize",
    "revert-resize",
)


class ActionSchema(base.RequestSchema):
    """A command that needs nothing but its name."""

    action = fields.String(
        required=True,
        validate=validate.OneOf(COMMANDS, error="Must be one of: {choices}."),
    )


class ResizeFlavorSchema(base.RequestSchema):
    """The flavor that an instance gets."""

    id = fields.UUID(required=True)


class ResizeSchema(base.RequestSchema):
    """A change of the flavor."""

    flavor = fields.Nested(ResizeFlavorSchema, required=True)


class RebuildInstanceSchema(base.RequestSchema):
    """What a rebuild writes over the root volume."""

    image_id = fields.UUID(required=True)
    key_name = base.reference(
        allow_none=True,
        metadata={"description": "Left out, the instance keeps its keypair; null takes it away."},
    )


class RebuildSchema(base.RequestSchema):
    """A rebuild."""

    rebuild = fields.Nested(RebuildInstanceSchema, required=True)
