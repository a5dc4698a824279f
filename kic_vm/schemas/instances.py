# SPDX-License-Identifier: Apache-2.0
"""Instances, as returned by get and list."""

from marshmallow import Schema, fields, validate

from kic_vm.lifecycle.table import load_tables
from kic_vm.schemas import base, filters
from kic_vm.schemas.flavors import INSTANCE_TYPES, InstanceFlavorSchema

_LIFECYCLE = load_tables().instances
_STATUSES = [row.wire for row in _LIFECYCLE.rows]
_VM_STATES = sorted({pair.vm_state for pair in _LIFECYCLE.index})
POWER_STATES = ["NOSTATE", "RUNNING", "PAUSED", "SHUTDOWN", "CRASHED", "SUSPENDED"]


class AddressSchema(Schema):
    """One address of an instance."""

    private_ip = fields.String(allow_none=True)
    public_ip = fields.String(allow_none=True)
    network_interface_id = fields.String(allow_none=True)


class InstanceImageSchema(Schema):
    """The image that the root volume was created from, as it was at that time."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    owner = fields.String(allow_none=True)
    is_windows = fields.Boolean(allow_none=True)
    size = fields.Integer(allow_none=True, metadata={"description": "Bytes."})
    status = fields.String(allow_none=True)
    image_type = fields.String(allow_none=True)
    disk_format = fields.String(allow_none=True)
    instance_type = fields.String(allow_none=True, validate=validate.OneOf(INSTANCE_TYPES))
    member_status = fields.String(allow_none=True)
    min_disk = fields.Integer(allow_none=True, metadata={"description": "GiB."})
    min_memory = fields.Integer(allow_none=True, metadata={"description": "MiB."})
    os_admin = fields.String(allow_none=True)
    os_distro = fields.String(allow_none=True)
    os_type = fields.String(allow_none=True)
    os_architecture = fields.String(allow_none=True)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class AttachedVolumeSchema(Schema):
    """A volume attached to an instance."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    mount_point = fields.String(allow_none=True)
    type = fields.String(allow_none=True)
    size = fields.Integer(required=True, allow_none=True, metadata={"description": "GiB."})
    is_delete_on_termination = fields.Boolean(allow_none=True)
    created_at = fields.String(allow_none=True)
    is_root = fields.Boolean()


class SecurityGroupSchema(Schema):
    """A security group of an instance."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)


class FaultSchema(Schema):
    """The reason why an instance is in state Error."""

    code = fields.String(
        required=True,
        metadata={
            "description": "quota_exceeded, volume_too_small, image_unusable, no_addresses, "
            "address_in_use, hosts_failed, no_capacity, volume_failed, network_failed or failed."
        },
    )
    message = fields.String(required=True)
    hint = fields.String(required=True, metadata={"description": "What helps."})
    occurred_at = fields.String(allow_none=True)


class InstanceSchema(Schema):
    """An instance as returned by get and list."""

    id = fields.String(required=True)
    name = fields.String()
    description = fields.String(allow_none=True)
    flavor = fields.Nested(InstanceFlavorSchema)
    addresses = fields.List(fields.Nested(AddressSchema))
    is_hyper_threading = fields.Boolean(allow_none=True)
    is_hadoop = fields.Boolean()
    is_k8se = fields.Boolean()
    image = fields.Nested(InstanceImageSchema, allow_none=True)
    vm_state = fields.String(allow_none=True, metadata={"description": "Nova's own word."})
    task_state = fields.String(allow_none=True, metadata={"description": "Nova's own word."})
    power_state = fields.String(validate=validate.OneOf(POWER_STATES))
    status = fields.String(
        required=True, metadata={"description": "Documented state in lower case."}
    )
    lifecycle = fields.Nested(base.InstanceLifecycleSchema, required=True)
    fault = fields.Nested(
        FaultSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Why the instance is in Error; null in any other state."},
    )
    user_id = fields.String()
    project_id = fields.String()
    key_name = fields.String(allow_none=True)
    hostname = fields.String(allow_none=True)
    availability_zone = fields.String(allow_none=True)
    attached_volumes = fields.List(fields.Nested(AttachedVolumeSchema))
    attached_volume_count = fields.Integer()
    security_groups = fields.List(fields.Nested(SecurityGroupSchema))
    security_group_count = fields.Integer()
    instance_type = fields.String(validate=validate.OneOf(INSTANCE_TYPES))
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


InstanceEnvelopeSchema = base.envelope("instance", InstanceSchema)
InstancePageSchema = base.page("instances", InstanceSchema)

InstanceListQuerySchema = base.query_schema(
    InstanceSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    vm_state=filters.Enumerated(_VM_STATES),
    flavor_name=filters.Text(),
    image_name=filters.Text(),
    private_ip=filters.Address(),
    public_ip=filters.Address(),
    availability_zone=filters.Text(),
    instance_type=filters.Enumerated(INSTANCE_TYPES),
    status=filters.Enumerated(_STATUSES),
    user_id=filters.Id(),
    hostname=filters.Text(),
    os_type=filters.Text(),
    is_hadoop=fields.Boolean(),
    is_k8se=fields.Boolean(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
