# SPDX-License-Identifier: Apache-2.0
"""Images."""

from typing import NotRequired, TypedDict

from marshmallow import Schema, fields, validate

from kic_vm.schemas import base, filters
from kic_vm.schemas.flavors import INSTANCE_TYPES

STATUSES = ["queued", "saving", "active", "deactivated", "deleted", "error"]
VISIBILITIES = ["public", "private", "shared", "community"]
MEMBER_STATUSES = ["pending", "accepted", "rejected"]


class OsInfoSchema(Schema):
    """The operating system of an image, from Glance's common properties."""

    type = fields.String(allow_none=True)
    distro = fields.String(allow_none=True)
    architecture = fields.String(allow_none=True)
    admin_user = fields.String(allow_none=True)
    is_hidden = fields.Boolean(allow_none=True)


class ChangedImageSchema(Schema):
    """An image as returned by create and update."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True, metadata={"description": "Bytes."})
    status = fields.String()
    owner = fields.String(allow_none=True)
    visibility = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    is_shared = fields.Boolean()
    disk_format = fields.String(allow_none=True)
    container_format = fields.String(allow_none=True)
    min_disk = fields.Integer(allow_none=True, metadata={"description": "GiB."})
    min_ram = fields.Integer(allow_none=True, metadata={"description": "MiB."})
    virtual_size = fields.Integer(allow_none=True, metadata={"description": "Bytes."})
    instance_type = fields.String(validate=validate.OneOf(INSTANCE_TYPES))
    os_info = fields.Nested(OsInfoSchema)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class ImageSchema(ChangedImageSchema):
    """An image as returned by get and list."""

    image_member_status = fields.String(
        allow_none=True,
        metadata={"description": "Where another project shares it: pending, accepted, rejected."},
    )
    project_id = fields.String(allow_none=True)


class ImageCreateBody(TypedDict):
    """An image to create; see ImageCreateSchema."""

    name: str
    description: str | None


class ImageCreateSchema(base.RequestSchema):
    """An image to create from a root volume."""

    name = base.name(required=True)
    description = base.description(load_default=None)


class ImageUpdateBody(TypedDict):
    """The fields to change; see ImageUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class ImageUpdateSchema(base.RequestSchema):
    """The fields to change; null removes the description."""

    name = base.name(allow_none=True)
    description = base.description()


class NewImageMemberSchema(Schema):
    """A project that an image was just shared with."""

    id = fields.String(required=True, metadata={"description": "The project's."})
    image_id = fields.String(required=True)
    status = fields.String(
        required=True, metadata={"description": "pending, accepted or rejected."}
    )
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class ImageMemberSchema(NewImageMemberSchema):
    """A project that an image is shared with."""

    is_shared = fields.Boolean(
        required=True, metadata={"description": "Whether it has not rejected the image."}
    )


ImageEnvelopeSchema = base.envelope("image", ImageSchema)
ChangedImageEnvelopeSchema = base.envelope("image", ChangedImageSchema)
ImageCreateEnvelopeSchema = base.envelope("image", ImageCreateSchema, base.RequestSchema)
ImageUpdateEnvelopeSchema = base.envelope("image", ImageUpdateSchema, base.RequestSchema)
NewImageMemberEnvelopeSchema = base.envelope("member", NewImageMemberSchema)
ImagePageSchema = base.page("images", ImageSchema)
ImageMemberPageSchema = base.page("members", ImageMemberSchema)

ImageListQuerySchema = base.query_schema(
    ImageSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    instance_type=filters.Enumerated(INSTANCE_TYPES),
    image_type=filters.Enumerated(["basic", "my"]),
    size=fields.Integer(),
    min_disk=fields.Integer(),
    disk_format=filters.Text(),
    status=filters.Enumerated(STATUSES),
    os_type=filters.Text(),
    visibility=filters.Enumerated(VISIBILITIES),
    image_member_status=filters.Enumerated(MEMBER_STATUSES),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)

ImageMemberListQuerySchema = base.page_query_schema(ImageMemberSchema)
