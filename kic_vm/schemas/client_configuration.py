# SPDX-License-Identifier: Apache-2.0
"""Client configuration."""

from marshmallow import Schema, fields

from kic_vm.schemas import base


class _DescribedSchema(Schema):
    id = fields.UUID(required=True)
    created_by = fields.String(required=True)
    updated_by = fields.String(required=True)
    created_at = fields.String()
    updated_at = fields.String()


class ClientEndpointsSchema(_DescribedSchema):
    """The endpoints of the services."""

    service_endpoints = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    priority = fields.Integer(required=True)


class ZonePolicySchema(_DescribedSchema):
    """Zones of the services."""

    services = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    priority = fields.Integer(required=True)


class CorsSchema(Schema):
    """Browser origins that can call the API."""

    allowed_origins = fields.List(fields.String(), required=True)


class ClientMetadataSchema(_DescribedSchema):
    """The metadata of one service."""

    upstreams = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    references = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    cors = fields.Nested(CorsSchema, required=True)


def _resolved(schema: type[Schema]) -> type[Schema]:
    title = schema.__name__.removesuffix("Schema")
    return type(
        f"{title}ResolvedSchema",
        (Schema,),
        {
            "success": fields.Boolean(required=True),
            "data": fields.Nested(schema, required=True),
            "message": fields.String(),
            "__doc__": "An answer of the client configuration.",
        },
    )


ClientEndpointsResolvedSchema = _resolved(ClientEndpointsSchema)
ZonePolicyResolvedSchema = _resolved(ZonePolicySchema)
ClientMetadataResolvedSchema = _resolved(ClientMetadataSchema)


class ClientMetadataQuerySchema(base.QuerySchema):
    """The service to describe."""

    service = fields.String(required=True)
