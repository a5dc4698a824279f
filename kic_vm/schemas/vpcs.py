# SPDX-License-Identifier: Apache-2.0
"""VPCs."""

from typing import TypedDict

from marshmallow import Schema, fields, validate

from kic_vm.schemas import addresses, base, filters

PROVISIONING_STATUSES = [
    "ACTIVE",
    "DELETED",
    "ERROR",
    "PENDING_CREATE",
    "PENDING_UPDATE",
    "PENDING_DELETE",
]
NAME_MAXIMUM = 200


def provisioning_status() -> fields.String:
    """The provisioning status of a resource."""
    return fields.String(validate=validate.OneOf(PROVISIONING_STATUSES))


def name() -> fields.String:
    """The name of a VPC or subnet in requests."""
    return base.name(NAME_MAXIMUM, required=True)


class InternetGatewaySchema(Schema):
    """A VPC's internet gateway; its id is the route table's."""

    id = fields.String(required=True)
    name = fields.String()
    description = fields.String()
    region = fields.String()
    nat_ip = fields.String(
        allow_none=True,
        metadata={"description": "By which everything without a public IP of its own goes out."},
    )
    project_id = fields.String()
    operating_status = fields.String(
        validate=validate.OneOf(
            ["ONLINE", "DRAINING", "OFFLINE", "DEGRADED", "ERROR", "NO_MONITOR"]
        )
    )
    provisioning_status = provisioning_status()
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class DefaultRouteTableSchema(Schema):
    """The main route table of a VPC."""

    id = fields.String(required=True)
    name = fields.String()
    description = fields.String()
    provisioning_status = provisioning_status()
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class ChangedVpcSchema(Schema):
    """A VPC as returned by create and update."""

    id = fields.String(required=True)
    project_id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    is_default = fields.Boolean(required=True)
    region = fields.String(required=True)
    cidr_block = fields.String(required=True)
    provisioning_status = provisioning_status()
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class VpcSchema(ChangedVpcSchema):
    """A VPC as returned by get and list."""

    project_name = fields.String(allow_none=True)
    igw = fields.Nested(InternetGatewaySchema, allow_none=True)
    default_route_table = fields.Nested(DefaultRouteTableSchema, allow_none=True)
    is_enable_dns_support = fields.Boolean(allow_none=True)


class FirstSubnetSchema(base.RequestSchema):
    """The subnet to create with a VPC."""

    cidr_block = addresses.private_range(20, 26, required=True)
    availability_zone = fields.String(required=True)


class FirstSubnetBody(TypedDict):
    """The range and zone of a subnet to create; see FirstSubnetSchema."""

    cidr_block: str
    availability_zone: str


class VpcCreateSchema(base.RequestSchema):
    """A VPC to create."""

    name = name()
    cidr_block = addresses.private_range(16, 24, required=True)
    subnet = fields.Nested(FirstSubnetSchema, allow_none=True, load_default=None)


class VpcCreateBody(TypedDict):
    """A VPC to create; see VpcCreateSchema."""

    name: str
    cidr_block: str
    subnet: FirstSubnetBody | None


class VpcUpdateSchema(base.RequestSchema):
    """The new name of a VPC."""

    name = name()


VpcEnvelopeSchema = base.envelope("vpc", VpcSchema)
ChangedVpcEnvelopeSchema = base.envelope("vpc", ChangedVpcSchema)
VpcPageSchema = base.page("vpcs", VpcSchema)
VpcCreateEnvelopeSchema = base.envelope("vpc", VpcCreateSchema, base.RequestSchema)
VpcUpdateEnvelopeSchema = base.envelope("vpc", VpcUpdateSchema, base.RequestSchema)

VpcListQuerySchema = base.query_schema(
    VpcSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    cidr_block=filters.AddressRange(),
    provisioning_status=filters.Enumerated(PROVISIONING_STATUSES),
    is_default=fields.Boolean(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
