# SPDX-License-Identifier: Apache-2.0
"""Route tables, their routes and associations."""

import uuid
from typing import TypedDict

from marshmallow import Schema, fields

from kic_vm.schemas import addresses, base, filters, validators, vpcs

ROUTE_TYPES = ["igw", "instance", "tgw"]


class RouteSchema(Schema):
    """A route of a route table."""

    id = fields.String(required=True)
    destination = fields.String()
    provisioning_status = vpcs.provisioning_status()
    target_type = fields.String(
        allow_none=True, metadata={"description": "local, igw, instance, or null for others."}
    )
    target_name = fields.String(allow_none=True)
    target_id = fields.String(allow_none=True)
    is_local_route = fields.Boolean()


class ChangedRouteSchema(Schema):
    """A route as returned by create and update."""

    id = fields.String(required=True)
    provisioning_status = vpcs.provisioning_status()
    destination = fields.String(required=True)
    is_local_route = fields.Boolean(required=True)


class AssociationSchema(Schema):
    """A subnet that is associated with a route table."""

    id = fields.String(required=True)
    provisioning_status = vpcs.provisioning_status()
    vpc_id = fields.String()
    vpc_name = fields.String()
    subnet_id = fields.String()
    subnet_name = fields.String()
    subnet_cidr_block = fields.String()
    availability_zone = fields.String()


class ChangedAssociationSchema(Schema):
    """An association as returned by an update."""

    id = fields.String(required=True)
    route_table_id = fields.String(required=True)
    vpc_id = fields.String(required=True)
    provisioning_status = vpcs.provisioning_status()
    subnet_id = fields.String()
    project_id = fields.String(required=True)
    description = fields.String()
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class RouteTableSchema(Schema):
    """A route table."""

    id = fields.String(required=True)
    name = fields.String()
    associations = fields.List(fields.Nested(AssociationSchema))
    routes = fields.List(fields.Nested(RouteSchema))
    vpc_id = fields.String()
    provisioning_status = vpcs.provisioning_status()
    vpc_name = fields.String()
    vpc_provisioning_status = vpcs.provisioning_status()
    project_id = fields.String()
    project_name = fields.String(allow_none=True)
    is_main = fields.Boolean()
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class ChangedRouteTableSchema(Schema):
    """A route table as returned by create and update."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    vpc_id = fields.String(required=True)
    provisioning_status = vpcs.provisioning_status()
    project_id = fields.String(required=True)
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class RouteTableCreateSchema(base.RequestSchema):
    """A route table to create."""

    name = vpcs.name()
    vpc_id = fields.UUID(required=True)


class RouteTableCreateBody(TypedDict):
    """A route table to create; see RouteTableCreateSchema."""

    name: str
    vpc_id: uuid.UUID


class RouteTableUpdateSchema(base.RequestSchema):
    """The new name of a route table."""

    name = vpcs.name()


class RouteChangeSchema(base.RequestSchema):
    """A route to add, or a replacement for another route."""

    route_type = fields.String(required=True, validate=validators.OneOf(ROUTE_TYPES))
    target_id = fields.UUID(
        required=True,
        metadata={"description": "The instance, or for igw the id of the VPC."},
    )
    destination = addresses.destination(required=True)


class RouteChangeBody(TypedDict):
    """A route to add, or a replacement for another route; see RouteChangeSchema."""

    route_type: str
    target_id: uuid.UUID
    destination: str


class AssociationChangeSchema(base.RequestSchema):
    """The new route table of a subnet."""

    target_route_table_id = fields.UUID(required=True)


class AssociationListQuerySchema(base.QuerySchema):
    """The paging of associations, which have no filters."""

    limit = fields.Integer(load_default=20, validate=validators.Range(min=1, max=base.PAGE_MAXIMUM))
    offset = fields.Integer(
        load_default=0, validate=validators.Range(min=0, max=base.MAXIMUM_32_BIT)
    )


RouteTableEnvelopeSchema = base.envelope("vpc_route_table", RouteTableSchema)
RouteTablePageSchema = base.page("vpc_route_tables", RouteTableSchema)
RouteTableCreateEnvelopeSchema = base.envelope(
    "vpc_route_table", RouteTableCreateSchema, base.RequestSchema
)
RouteTableUpdateEnvelopeSchema = base.envelope(
    "vpc_route_table", RouteTableUpdateSchema, base.RequestSchema
)
ChangedRouteTableEnvelopeSchema = base.envelope("vpc_route_table", ChangedRouteTableSchema)
ChangedRouteEnvelopeSchema = base.envelope("vpc_route", ChangedRouteSchema)
RouteChangeEnvelopeSchema = base.envelope("vpc_route", RouteChangeSchema, base.RequestSchema)
AssociationPageSchema = base.page("associations", AssociationSchema)
ChangedAssociationEnvelopeSchema = base.envelope("association", ChangedAssociationSchema)
AssociationChangeEnvelopeSchema = base.envelope(
    "association", AssociationChangeSchema, base.RequestSchema
)

RouteTableListQuerySchema = base.query_schema(
    RouteTableSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    provisioning_status=filters.Enumerated(vpcs.PROVISIONING_STATUSES),
    vpc_id=filters.Id(),
    vpc_name=filters.PartOfName(),
    vpc_provisioning_status=filters.Enumerated(vpcs.PROVISIONING_STATUSES),
    subnet_id=filters.Id(),
    subnet_name=filters.Text(),
    association_count=filters.Count(),
    destination=filters.AddressRange(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
