# SPDX-License-Identifier: Apache-2.0
"""Public IPs."""

from typing import NotRequired, TypedDict

from marshmallow import Schema, fields, validate

from kic_vm.schemas import base, filters
from kic_vm.schemas.instance_public_ips import AssociatedPublicIpSchema

STATUSES = ["available", "in_use", "attaching"]


class RelatedResourceSchema(Schema):
    """The network interface that a public IP is associated with."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf(["available", "in_use"]))
    type = fields.String(allow_none=True, metadata={"description": "instance, or null."})
    device_owner = fields.String(allow_none=True)
    device_id = fields.String(allow_none=True, metadata={"description": "The instance's id."})
    subnet_id = fields.String(allow_none=True)
    subnet_name = fields.String(allow_none=True)
    subnet_cidr = fields.String(allow_none=True)
    vpc_id = fields.String(allow_none=True)
    vpc_name = fields.String(allow_none=True)


class PublicIpSchema(AssociatedPublicIpSchema):
    """A public IP as returned by get and list."""

    related_resource = fields.Nested(RelatedResourceSchema, allow_none=True)


class PublicIpCreateSchema(base.RequestSchema):
    """A public IP to create."""

    description = base.description(load_default=None)


class PublicIpCreateBody(TypedDict):
    """A public IP to create; see PublicIpCreateSchema."""

    description: str | None


class PublicIpUpdateSchema(base.RequestSchema):
    """The fields to change; null clears the description, and if missing it stays."""

    description = base.description()


class PublicIpUpdateBody(TypedDict):
    """The fields to change; see PublicIpUpdateSchema."""

    description: NotRequired[str | None]


PublicIpEnvelopeSchema = base.envelope("public_ip", PublicIpSchema)
PublicIpPageSchema = base.page("public_ips", PublicIpSchema)
PublicIpCreateEnvelopeSchema = base.envelope("public_ip", PublicIpCreateSchema, base.RequestSchema)
PublicIpUpdateEnvelopeSchema = base.envelope("public_ip", PublicIpUpdateSchema, base.RequestSchema)

PublicIpListQuerySchema = base.query_schema(
    PublicIpSchema,
    id=filters.Id(),
    status=filters.Enumerated(STATUSES),
    public_ip=filters.Address(),
    related_resource_id=filters.Id(),
    related_resource_name=filters.PartOfName(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
