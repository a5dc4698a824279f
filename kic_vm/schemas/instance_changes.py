# SPDX-License-Identifier: Apache-2.0
"""Instances: requests that create and change them, and the responses."""

import base64
import binascii
import uuid
from typing import Any, NotRequired, TypedDict

from marshmallow import Schema, fields, validate, validates_schema

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import base, json_types, validators
from kic_vm.schemas.addresses import is_address
from kic_vm.schemas.field_errors import FieldValidationError
from kic_vm.schemas.instances import POWER_STATES
from kic_vm.schemas.lists import RequestList
from kic_vm.schemas.secrets import SecretString

USER_DATA_MAXIMUM = 16 * 1024


class UserData(fields.String):
    """User data in base64. White space is dropped, since tools break it into lines."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = "".join(super()._deserialize(value, attr, data, **kwargs).split())
        try:
            decoded = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise FieldValidationError(
                FieldErrorCode.INVALID_FORMAT, "Must be base64 text."
            ) from error
        if len(decoded) > USER_DATA_MAXIMUM:
            raise FieldValidationError(
                FieldErrorCode.OUT_OF_RANGE, "Must have at most 16 KB when decoded."
            )
        return text


class InstanceSubnetBody(TypedDict):
    """A subnet of an instance to create; see InstanceSubnetSchema."""

    id: uuid.UUID
    network_interface_id: uuid.UUID | None
    private_ip: str | None


class InstanceSubnetSchema(base.RequestSchema):
    """A subnet in which the instance gets an interface."""

    id = fields.UUID(required=True)
    network_interface_id = base.optional_uuid()
    private_ip = fields.String(allow_none=True, load_default=None, validate=is_address)

    @validates_schema
    def _one_way_only(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["network_interface_id"] and data["private_ip"]:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE,
                "A network interface already has an address: leave private_ip out.",
                "private_ip",
            )


class InstanceVolumeBody(TypedDict):
    """A volume of an instance to create; see InstanceVolumeSchema."""

    is_delete_on_termination: bool | None
    size: int | None
    source_type: str | None
    uuid: uuid.UUID | None
    type_id: uuid.UUID | None
    encryption_secret_id: uuid.UUID | None


class InstanceVolumeSchema(base.RequestSchema):
    """A volume of the new instance; the first one is its root volume."""

    is_delete_on_termination = json_types.Boolean(
        allow_none=True,
        load_default=None,
        metadata={
            "description": "Unset: true for the root volume, false for others and for "
            "existing volumes."
        },
    )
    size = json_types.Integer(
        allow_none=True,
        load_default=None,
        validate=validators.Range(min=1, max=base.MAXIMUM_32_BIT),
        metadata={"description": "GiB. An existing volume keeps its own size."},
    )
    source_type = fields.String(
        allow_none=True,
        load_default=None,
        validate=validators.OneOf(["image", "blank", "volume"]),
        metadata={"description": "Unset: image for the root volume, blank for the others."},
    )
    uuid = fields.UUID(
        allow_none=True, load_default=None, metadata={"description": "Of the image or volume."}
    )
    type_id = base.optional_uuid()
    encryption_secret_id = base.no_encryption_key()

    @validates_schema
    def _has_a_source(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["source_type"] == "volume":
            if not data["uuid"]:
                raise FieldValidationError(
                    FieldErrorCode.REQUIRED, "Must be the id of the volume.", "uuid"
                )
        elif data["size"] is None:
            raise FieldValidationError(
                FieldErrorCode.REQUIRED, "Missing data for required field.", "size"
            )
        if data["source_type"] == "blank" and data["uuid"]:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE,
                "A blank volume has no source: leave uuid out.",
                "uuid",
            )


class GroupNameBody(TypedDict):
    """A security group, by its name; see GroupNameSchema."""

    name: str


class GroupNameSchema(base.RequestSchema):
    """A security group, by its name."""

    name = base.reference(required=True)


class InstanceCreateBody(TypedDict):
    """An instance to create; see InstanceCreateSchema."""

    name: str
    description: str | None
    count: int
    image_id: uuid.UUID
    flavor_id: uuid.UUID
    availability_zone: str | None
    subnets: list[InstanceSubnetBody]
    volumes: list[InstanceVolumeBody]
    key_name: str | None
    security_groups: list[GroupNameBody] | None
    user_data: str | None
    is_disable_hyper_threading: bool | None
    is_bonding: bool | None


class InstanceCreateSchema(base.RequestSchema):
    """An instance to create."""

    name = base.name(required=True)
    description = base.description(load_default=None)
    count = json_types.Integer(load_default=1, validate=validators.Range(min=1))
    image_id = fields.UUID(required=True)
    flavor_id = fields.UUID(required=True)
    availability_zone = fields.String(allow_none=True, load_default=None)
    subnets = RequestList(
        fields.Nested(InstanceSubnetSchema),
        required=True,
        minimum_error="At least one subnet is needed.",
    )
    volumes = RequestList(
        fields.Nested(InstanceVolumeSchema),
        required=True,
        minimum_error="The root volume is needed.",
    )
    key_name = base.reference(allow_none=True, load_default=None)
    security_groups = RequestList(
        fields.Nested(GroupNameSchema), allow_none=True, load_default=None
    )
    user_data = UserData(
        allow_none=True,
        load_default=None,
        metadata={"description": "base64, in lines or not; 16 KB at most when decoded"},
    )
    is_disable_hyper_threading = json_types.Boolean(
        allow_none=True,
        load_default=None,
        metadata={"description": "Taken, without effect: a flavor settles it in OpenStack."},
    )
    is_bonding = json_types.Boolean(
        allow_none=True,
        load_default=None,
        validate=validators.NoneOf([True], error="Only bare metal has bonded interfaces."),
    )


class InstanceUpdateBody(TypedDict):
    """The fields to change; see InstanceUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


class InstanceUpdateSchema(base.RequestSchema):
    """The fields to change; null clears the description."""

    name = base.name(allow_none=True)
    description = base.description()


class CreatedInstanceSchema(Schema):
    """The new instance; the first one if several were requested."""

    id = fields.String(required=True)
    security_groups = fields.List(fields.Nested(GroupNameSchema), required=True)
    admin_pass = SecretString(
        allow_none=True,
        replayed_as_null=True,
        metadata={
            "description": "Told once. null where the cloud sets no password, and in the answer to "
            "a retry."
        },
    )
    disk_config = fields.String(required=True)


class NamedInstanceSchema(Schema):
    """One of the new instances."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class CreatedInstancesSchema(Schema):
    """The first new instance, and the names of all, which are not in the contract."""

    instance = fields.Nested(CreatedInstanceSchema, required=True)
    instances = fields.List(
        fields.Nested(NamedInstanceSchema),
        required=True,
        metadata={"description": "All that were asked for, in order."},
    )


class UpdatedFlavorSchema(Schema):
    """The flavor in the response to an update."""

    vcpus = fields.Integer(required=True)
    ram = fields.Integer(required=True)
    disk = fields.Integer(required=True)
    original_name = fields.String(required=True)


class UpdatedVolumeSchema(Schema):
    """A volume in the response to an update."""

    id = fields.String(required=True)
    is_delete_on_termination = fields.Boolean(required=True)


class UpdatedInstanceSchema(Schema):
    """An instance as returned by an update."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    status = fields.String(required=True)
    lifecycle = fields.Nested(base.LifecycleSchema, required=True)
    project_id = fields.String(required=True)
    user_id = fields.String(required=True)
    metadata = fields.Dict(keys=fields.String(), values=fields.String())
    flavor = fields.Nested(UpdatedFlavorSchema, required=True)
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)
    addresses = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    availability_zone = fields.String(allow_none=True)
    key_name = fields.String(allow_none=True)
    terminated_at = fields.String(allow_none=True)
    security_groups = fields.List(fields.Nested(GroupNameSchema))
    task_state = fields.String(allow_none=True)
    vm_state = fields.String(allow_none=True)
    power_state = fields.String(validate=validate.OneOf(POWER_STATES))
    attached_volumes = fields.List(fields.Nested(UpdatedVolumeSchema))
    hostname = fields.String(allow_none=True)


class RebuiltVolumeSchema(Schema):
    """A volume in the response to a rebuild."""

    volume_id = fields.String(required=True)
    is_delete_on_termination = fields.Boolean(required=True)


class RebuiltInstanceSchema(UpdatedInstanceSchema):
    """An instance as returned by a rebuild: as by an update, except for the volumes."""

    attached_volumes = fields.List(fields.Nested(RebuiltVolumeSchema))


InstanceCreateEnvelopeSchema = base.envelope("instance", InstanceCreateSchema, base.RequestSchema)
InstanceUpdateEnvelopeSchema = base.envelope("instance", InstanceUpdateSchema, base.RequestSchema)
UpdatedInstanceEnvelopeSchema = base.envelope("instance", UpdatedInstanceSchema)
RebuiltInstanceEnvelopeSchema = base.envelope("instance", RebuiltInstanceSchema)
