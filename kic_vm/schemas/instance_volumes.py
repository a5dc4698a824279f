# SPDX-License-Identifier: Apache-2.0
"""Volumes of an instance."""

from typing import NotRequired, TypedDict

from marshmallow import Schema, fields

from kic_vm.schemas import base, json_types


class VolumeAttachBody(TypedDict):
    """The settings of a volume attachment; see VolumeAttachSchema."""

    is_delete_on_termination: bool | None


class VolumeAttachSchema(base.RequestSchema):
    """The settings of a volume attachment."""

    is_delete_on_termination = json_types.Boolean(
        allow_none=True,
        load_default=None,
        metadata={"description": "Whether the volume goes with the instance. Unset: false."},
    )


class AttachedVolumeUpdateBody(TypedDict):
    """The fields of an attached volume to change; see AttachedVolumeUpdateSchema."""

    is_delete_on_termination: NotRequired[bool | None]
    name: NotRequired[str | None]
    description: NotRequired[str | None]


class AttachedVolumeUpdateSchema(base.RequestSchema):
    """The fields of an attached volume to change; null clears the description."""

    is_delete_on_termination = json_types.Boolean(allow_none=True)
    name = base.name(allow_none=True)
    description = base.description()


class VolumeAttachmentSchema(Schema):
    """A volume that is being attached."""

    id = fields.String(required=True)
    instance_id = fields.String(required=True)
    mount_point = fields.String(required=True)
    is_delete_on_termination = fields.Boolean(required=True)


VolumeAttachEnvelopeSchema = base.envelope("volume", VolumeAttachSchema, base.RequestSchema)
AttachedVolumeUpdateEnvelopeSchema = base.envelope(
    "volume", AttachedVolumeUpdateSchema, base.RequestSchema
)
VolumeAttachmentEnvelopeSchema = base.envelope("volume", VolumeAttachmentSchema)
