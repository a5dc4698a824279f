# SPDX-License-Identifier: Apache-2.0
"""Snapshots of volumes."""

from typing import NotRequired, TypedDict

from marshmallow import Schema, fields

from kic_vm.schemas import base, filters, json_types, volumes

STATUSES = ["creating", "available", "restoring", "deleting", "error"]


class SnapshotSchema(Schema):
    """A snapshot as returned by get and list."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    size = fields.Integer(metadata={"description": "Size of the volume then, in GiB."})
    real_size = fields.Integer(allow_none=True, metadata={"description": "Cinder tells none."})
    status = fields.String(
        metadata={"description": "creating, available, restoring, deleting or error."}
    )
    volume_id = fields.String(allow_none=True)
    user_id = fields.String(allow_none=True)
    project_id = fields.String(allow_none=True)
    is_incremental = fields.Boolean(
        metadata={"description": "Whether it continues the snapshot that parent_id names."}
    )
    is_dependent_snapshot = fields.Boolean(
        metadata={
            "description": "Whether an incremental snapshot depends on it. It cannot be deleted "
            "before that one."
        }
    )
    parent_id = fields.String(
        allow_none=True,
        metadata={"description": "The snapshot before an incremental one; null for a full one."},
    )
    schedule_id = fields.String(allow_none=True, metadata={"description": "There is none."})
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class SnapshotCreateBody(TypedDict):
    """A snapshot to create; see SnapshotCreateSchema."""

    name: str
    description: str | None
    is_incremental: bool


class SnapshotCreateSchema(base.RequestSchema):
    """A snapshot to create."""

    name = base.name(required=True)
    description = base.description(load_default=None)
    is_incremental = json_types.Boolean(
        required=True,
        metadata={
            "description": "true continues the newest snapshot of the volume, of which there must "
            "be one."
        },
    )


class SnapshotUpdateBody(TypedDict):
    """The fields to change; see SnapshotUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class SnapshotUpdateSchema(base.RequestSchema):
    """The fields to change; null clears the description."""

    name = base.name(allow_none=True)
    description = base.description()


class SnapshotRestoreBody(TypedDict):
    """The volume to create from a snapshot; see SnapshotRestoreSchema."""

    name: str
    availability_zone: str
    volume_type_id: str | None


class SnapshotRestoreSchema(base.RequestSchema):
    """The volume to create from a snapshot, with the snapshot's size."""

    name = base.name(required=True)
    availability_zone = fields.String(required=True)
    volume_type_id = volumes.type_id()


class NamedSnapshotSchema(Schema):
    """A snapshot as returned by create and update."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class RestoredVolumeSchema(Schema):
    """A snapshot, and the volume created from it."""

    snapshot_id = fields.String(required=True)
    volume_id = fields.String(required=True)
    volume_name = fields.String(required=True)


SnapshotEnvelopeSchema = base.envelope("snapshot", SnapshotSchema)
SnapshotPageSchema = base.page("snapshots", SnapshotSchema)
NamedSnapshotEnvelopeSchema = base.envelope("snapshot", NamedSnapshotSchema)
RestoredVolumeEnvelopeSchema = base.envelope("restore", RestoredVolumeSchema)
SnapshotCreateEnvelopeSchema = base.envelope("snapshot", SnapshotCreateSchema, base.RequestSchema)
SnapshotUpdateEnvelopeSchema = base.envelope("snapshot", SnapshotUpdateSchema, base.RequestSchema)
SnapshotRestoreEnvelopeSchema = base.envelope("restore", SnapshotRestoreSchema, base.RequestSchema)

SnapshotListQuerySchema = base.query_schema(
    SnapshotSchema,
    unsortable=("real_size", "schedule_id"),
    id=filters.Id(),
    name=filters.PartOfName(),
    status=filters.Enumerated(STATUSES),
    volume_id=filters.Id(),
    is_incremental=fields.Boolean(),
    is_dependent_snapshot=fields.Boolean(),
    schedule_id=filters.Id(),
    parent_id=filters.Id(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
