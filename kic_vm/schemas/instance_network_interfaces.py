# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance."""

from typing import TypedDict

from marshmallow import Schema, fields, validate

from kic_vm.schemas import addresses, base
from kic_vm.schemas.instances import SecurityGroupSchema
from kic_vm.schemas.lists import RequestList

STATUSES = ["available", "in_use"]


class FixedIpSchema(Schema):
    """A private address and its subnet."""

    ip_address = fields.String(required=True)
    subnet_id = fields.String(required=True)


class AttachedNetworkInterfaceSchema(Schema):
    """A network interface as returned by an attach."""

    id = fields.String(required=True)
    status = fields.String(required=True)
    mac_address = fields.String(required=True)
    private_ips = fields.List(fields.Nested(FixedIpSchema))


class AllowedAddressPairSchema(Schema):
    """An additional address from which the interface can send."""

    mac_address = fields.String(allow_none=True)
    ip_address = fields.String(allow_none=True)


class UpdatedNetworkInterfaceSchema(Schema):
    """A network interface as returned by a change."""

    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    description = fields.String(allow_none=True)
    project_id = fields.String()
    is_network_interface_security_enabled = fields.Boolean(allow_none=True)
    security_groups = fields.List(fields.String(), metadata={"description": "Their ids."})
    mac_address = fields.String()
    device_id = fields.String(metadata={"description": "The instance."})
    secondary_ips = fields.List(fields.String())
    private_ip = fields.String(allow_none=True)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class InstanceNetworkInterfaceSchema(UpdatedNetworkInterfaceSchema):
    """A network interface in the list of an instance."""

    project_name = fields.String(allow_none=True)
    vpc_id = fields.String(metadata={"description": "The network."})
    subnet_id = fields.String(allow_none=True)
    device_owner = fields.String(allow_none=True)
    public_ip = fields.String(allow_none=True)
    allowed_address_pairs = fields.List(fields.Nested(AllowedAddressPairSchema))
    security_groups = fields.List(fields.Nested(SecurityGroupSchema))


class AllowedAddressSchema(base.RequestSchema):
    """An address or range to allow; null for none."""

    ip_address = fields.String(
        required=True, allow_none=True, validate=addresses.is_address_or_range
    )


class AllowedAddressBody(TypedDict):
    """An address or range to allow; see AllowedAddressSchema."""

    ip_address: str | None


class AllowedAddressesSchema(base.RequestSchema):
    """All addresses to allow; null or an empty list removes all."""

    allowed_address_pairs = RequestList(
        fields.Nested(AllowedAddressSchema), required=True, allow_none=True
    )


AttachedNetworkInterfaceEnvelopeSchema = base.envelope(
    "network_interface", AttachedNetworkInterfaceSchema
)
UpdatedNetworkInterfaceEnvelopeSchema = base.envelope(
    "network_interface", UpdatedNetworkInterfaceSchema
)
InstanceNetworkInterfacePageSchema = base.page("network_interfaces", InstanceNetworkInterfaceSchema)
