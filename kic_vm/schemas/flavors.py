# SPDX-License-Identifier: Apache-2.0
"""Flavors (instance types)."""

from marshmallow import Schema, fields, validate

from kic_vm.schemas import base, filters

INSTANCE_TYPES = ["vm", "bm", "gpu"]


class CommonFlavorSchema(Schema):
    """The fields that a flavor has in all responses."""

    id = fields.String(required=True, allow_none=True)
    name = fields.String(allow_none=True)
    group = fields.String(allow_none=True, metadata={"description": "Documented family."})
    vcpus = fields.Integer(allow_none=True)
    is_burstable = fields.Boolean(allow_none=True)
    manufacturer = fields.String(allow_none=True)
    memory_mb = fields.Integer(allow_none=True, metadata={"description": "MiB."})
    root_gb = fields.Integer(allow_none=True, metadata={"description": "GiB."})
    disk_type = fields.String(allow_none=True)
    instance_family = fields.String(allow_none=True)
    maximum_network_interfaces = fields.Integer(allow_none=True)
    hw_type = fields.String(allow_none=True)
    hw_count = fields.Integer(allow_none=True)
    is_hyper_threading_supported = fields.Boolean(allow_none=True)


class InstanceFlavorSchema(CommonFlavorSchema):
    """The flavor of an instance."""

    os_distro = fields.List(fields.String(), allow_none=True)
    real_vcpus = fields.Integer(allow_none=True)


class FlavorSchema(CommonFlavorSchema):
    """A flavor as returned by get and list."""

    description = fields.String(allow_none=True)
    architecture = fields.String(allow_none=True)
    instance_type = fields.String(validate=validate.OneOf(INSTANCE_TYPES))
    processor = fields.String(allow_none=True)
    created_at = fields.String(allow_none=True, metadata={"description": "Nova keeps none."})
    updated_at = fields.String(allow_none=True, metadata={"description": "Nova keeps none."})
    availability_zone = fields.List(fields.String())
    available = fields.Dict(keys=fields.String(), values=fields.Integer(), allow_none=True)
    instance_size = fields.String(allow_none=True)
    os_distro = fields.String(allow_none=True)
    hw_name = fields.String(allow_none=True)
    is_hyper_threading_disabled = fields.Boolean(allow_none=True)
    is_hyper_threading_disable_supported = fields.Boolean(allow_none=True)


FlavorEnvelopeSchema = base.envelope("flavor", FlavorSchema)
FlavorPageSchema = base.page("flavors", FlavorSchema)

FlavorListQuerySchema = base.query_schema(
    FlavorSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    is_burstable=fields.Boolean(),
    vcpus=fields.Integer(),
    architecture=filters.Text(),
    memory_mb=fields.Integer(),
    instance_type=filters.Enumerated(INSTANCE_TYPES),
    instance_family=filters.Text(),
    instance_size=filters.Text(),
    manufacturer=filters.Text(),
    maximum_network_interfaces=fields.Integer(),
    processor=filters.Text(),
    created_at=filters.Unavailable(),
    updated_at=filters.Unavailable(),
)
