# SPDX-License-Identifier: Apache-2.0
"""Volumes and their types."""

import uuid
from typing import Any, NotRequired, TypedDict

from marshmallow import Schema, fields, validates_schema

from kic_vm.exceptions import FieldErrorCode
from kic_vm.lifecycle.table import load_tables
from kic_vm.schemas import base, filters, json_types, validators
from kic_vm.schemas.field_errors import FieldValidationError

_LIFECYCLE = load_tables().volumes
_STATUSES = [row.wire for row in _LIFECYCLE.rows]
# The documented names, and a status of Cinder that the official clients use.
_STATUS_ALIASES = {row.state: row.wire for row in _LIFECYCLE.rows} | {"error_restoring": "error"}


class VolumeImageSchema(Schema):
    """The image that a volume was created from, as it was then; numbers are strings."""

    container_format = fields.String(allow_none=True)
    disk_format = fields.String(allow_none=True)
    image_id = fields.String(allow_none=True)
    image_name = fields.String(allow_none=True)
    min_disk = fields.String(allow_none=True, metadata={"description": "GiB."})
    os_type = fields.String(allow_none=True)
    min_ram = fields.String(allow_none=True, metadata={"description": "MiB."})
    size = fields.String(allow_none=True, metadata={"description": "Bytes."})


class VolumeSchema(Schema):
    """A volume as returned by get and list."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    size = fields.Integer(metadata={"description": "GiB."})
    status = fields.String(
        required=True, metadata={"description": "Documented state as the clients know it."}
    )
    lifecycle = fields.Nested(base.LifecycleSchema, required=True)
    is_bootable = fields.Boolean()
    is_root = fields.Boolean(metadata={"description": "Whether an instance boots from it."})
    is_encrypted = fields.Boolean()
    encryption_key_id = fields.String(allow_none=True)
    type = fields.String(allow_none=True, metadata={"description": "As volume_type."})
    volume_type = fields.String(allow_none=True, metadata={"description": "Name of the type."})
    availability_zone = fields.String(allow_none=True)
    attach_status = fields.String(metadata={"description": "attached or detached."})
    instance_id = fields.String(allow_none=True)
    instance_name = fields.String(allow_none=True)
    mount_point = fields.String(
        allow_none=True, metadata={"description": "Device; null for a terminated instance."}
    )
    metadata = fields.Dict(keys=fields.String(), values=fields.String())
    image_metadata = fields.Nested(VolumeImageSchema, allow_none=True)
    user_id = fields.String(allow_none=True)
    project_id = fields.String(allow_none=True)
    launched_at = fields.String(allow_none=True, metadata={"description": "Cinder tells none."})
    previous_status = fields.String(allow_none=True, metadata={"description": "Cinder tells none."})
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class AttachmentSchema(Schema):
    """An attachment in the response to a creation or an update."""

    id = fields.String(required=True, allow_none=True)
    instance_id = fields.String(required=True, allow_none=True)
    host_name = fields.String(required=True, allow_none=True)
    device = fields.String(required=True, allow_none=True)
    attached_at = fields.String(required=True, allow_none=True)


class ChangedVolumeSchema(Schema):
    """A volume as returned by create and update."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True)
    size = fields.Integer(required=True)
    status = fields.String(required=True)
    lifecycle = fields.Nested(base.LifecycleSchema, required=True)
    availability_zone = fields.String(allow_none=True)
    volume_type = fields.String(allow_none=True)
    snapshot_id = fields.String(allow_none=True)
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    user_id = fields.String(allow_none=True)
    is_bootable = fields.Boolean(required=True)
    is_encrypted = fields.Boolean(allow_none=True)
    attachments = fields.List(fields.Nested(AttachmentSchema), required=True)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


def size(**kwargs: Any) -> json_types.Integer:
    """A volume's size; the configuration sets the maximum."""
    return json_types.Integer(
        required=True,
        validate=validators.Range(min=1, max=base.MAXIMUM_32_BIT),
        metadata={"description": "GiB."},
        **kwargs,
    )


def type_id() -> fields.String:
    """The id or name of the requested volume type."""
    return base.reference(
        allow_none=True,
        load_default=None,
        metadata={"description": "Id or name. Unset: that of the source, or the cloud's own."},
    )


class VolumeCreateBody(TypedDict):
    """A volume to create; see VolumeCreateSchema."""

    name: str
    description: str | None
    size: int
    availability_zone: str
    volume_type_id: str | None
    source_volume_id: uuid.UUID | None
    image_id: uuid.UUID | None
    encryption_secret_id: uuid.UUID | None


class VolumeCreateSchema(base.RequestSchema):
    """A volume to create: blank, or from an image or a volume."""

    name = base.name(required=True)
    description = base.description(load_default=None)
    size = size()
    availability_zone = fields.String(required=True)
    volume_type_id = type_id()
    source_volume_id = base.optional_uuid()
    image_id = base.optional_uuid()
    encryption_secret_id = base.no_encryption_key()

    @validates_schema
    def _has_one_source(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["image_id"] and data["source_volume_id"]:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE,
                "A volume is made from an image or from a volume, not both: leave one out.",
                "source_volume_id",
            )


class VolumeUpdateBody(TypedDict):
    """The fields to change; see VolumeUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class VolumeUpdateSchema(base.RequestSchema):
    """The fields to change; null clears the description."""

    name = base.name(allow_none=True)
    description = base.description()


class VolumeExtendSchema(base.RequestSchema):
    """The new size of a volume."""

    new_size = size()


class VolumeTypeSchema(Schema):
    """A volume type."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(allow_none=True)


class VolumeTypeListSchema(Schema):
    """All volume types."""

    volume_types = fields.List(fields.Nested(VolumeTypeSchema), required=True)


VolumeEnvelopeSchema = base.envelope("volume", VolumeSchema)
VolumePageSchema = base.page("volumes", VolumeSchema)
ChangedVolumeEnvelopeSchema = base.envelope("volume", ChangedVolumeSchema)
VolumeCreateEnvelopeSchema = base.envelope("volume", VolumeCreateSchema, base.RequestSchema)
VolumeUpdateEnvelopeSchema = base.envelope("volume", VolumeUpdateSchema, base.RequestSchema)
VolumeExtendEnvelopeSchema = base.envelope("volume", VolumeExtendSchema, base.RequestSchema)

VolumeListQuerySchema = base.query_schema(
    VolumeSchema,
    unsortable=("launched_at", "previous_status"),
    id=filters.Id(),
    name=filters.PartOfName(),
    status=filters.Enumerated(_STATUSES, aliases=_STATUS_ALIASES),
    instance_id=filters.Id(),
    mount_point=filters.Text(),
    type=filters.Text(),
    size=fields.Integer(),
    availability_zone=filters.Text(),
    instance_name=filters.PartOfName(),
    volume_type=filters.Text(),
    attach_status=filters.Enumerated(["attached", "detached"]),
    is_bootable=fields.Boolean(),
    is_encrypted=fields.Boolean(),
    is_root=fields.Boolean(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
