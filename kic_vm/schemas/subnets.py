# SPDX-License-Identifier: Apache-2.0
"""Subnets."""

import uuid

from marshmallow import Schema, fields, validate

from kic_vm.schemas import addresses, base, filters, vpcs

OPERATING_STATUSES = ["ONLINE", "OFFLINE", "IN_MAINTENANCE", "ERROR"]


class ChangedSubnetSchema(Schema):
    """A subnet as returned by create and update."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    vpc_id = fields.String(required=True)
    provisioning_status = vpcs.provisioning_status()
    availability_zone = fields.String(required=True)
    cidr_block = fields.String(required=True)
    project_id = fields.String(required=True)
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class SubnetSchema(ChangedSubnetSchema):
    """A subnet as returned by get and list."""

    operating_status = fields.String(validate=validate.OneOf(OPERATING_STATUSES))
    is_shared = fields.Boolean()
    vpc_name = fields.String()
    project_name = fields.String(allow_none=True)
    owner_project_id = fields.String()
    route_table_id = fields.String(allow_none=True)
    route_table_name = fields.String(allow_none=True)


class SubnetCreateSchema(base.RequestSchema):
    """A subnet to create."""

    name = vpcs.name()
    vpc_id = fields.UUID(required=True)
    cidr_block = addresses.private_range(20, 26, required=True)
    availability_zone = fields.String(required=True)


class SubnetCreateBody(vpcs.FirstSubnetBody):
    """A subnet to create; see SubnetCreateSchema."""

    name: str
    vpc_id: uuid.UUID


class SubnetUpdateSchema(base.RequestSchema):
    """The new name of a subnet."""

    name = vpcs.name()


class SharedProjectSchema(Schema):
    """A project that a subnet is shared with; * stands for every project."""

    id = fields.String(required=True)


class SharedProjectsSchema(Schema):
    """The projects that a subnet is shared with."""

    projects = fields.List(fields.Nested(SharedProjectSchema), required=True)


SubnetEnvelopeSchema = base.envelope("subnet", SubnetSchema)
ChangedSubnetEnvelopeSchema = base.envelope("subnet", ChangedSubnetSchema)
SubnetPageSchema = base.page("subnets", SubnetSchema)
SubnetCreateEnvelopeSchema = base.envelope("subnet", SubnetCreateSchema, base.RequestSchema)
SubnetUpdateEnvelopeSchema = base.envelope("subnet", SubnetUpdateSchema, base.RequestSchema)

SubnetListQuerySchema = base.query_schema(
    SubnetSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    availability_zone=filters.Text(),
    provisioning_status=filters.Enumerated(vpcs.PROVISIONING_STATUSES),
    operating_status=filters.Enumerated(OPERATING_STATUSES),
    cidr_block=filters.AddressRange(),
    vpc_id=filters.Id(),
    vpc_name=filters.PartOfName(),
    route_table_id=filters.Id(),
    route_table_name=filters.PartOfName(),
    is_shared=fields.Boolean(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
