# SPDX-License-Identifier: Apache-2.0
"""Commands on instances."""

import uuid
from typing import NotRequired, TypedDict

from marshmallow import fields

from kic_vm.lifecycle.commands import load_commands
from kic_vm.schemas import base, validators


class ActionSchema(base.RequestSchema):
    """A command without parameters."""

    action = fields.String(
        required=True,
        validate=validators.OneOf(tuple(load_commands()), error="Must be one of: {choices}."),
    )


class ResizeFlavorSchema(base.RequestSchema):
    """The new flavor of an instance."""

    id = fields.UUID(required=True)


class ResizeSchema(base.RequestSchema):
    """A change of the flavor."""

    flavor = fields.Nested(ResizeFlavorSchema, required=True)


class RebuildInstanceBody(TypedDict):
    """The image and keypair of a rebuild; see RebuildInstanceSchema."""

    image_id: uuid.UUID
    key_name: NotRequired[str | None]


class RebuildInstanceSchema(base.RequestSchema):
    """The image and keypair of a rebuild, which overwrites the root volume."""

    image_id = fields.UUID(required=True)
    key_name = base.reference(
        allow_none=True,
        metadata={"description": "Left out, the instance keeps its keypair; null takes it away."},
    )


class RebuildSchema(base.RequestSchema):
    """A rebuild."""

    rebuild = fields.Nested(RebuildInstanceSchema, required=True)
