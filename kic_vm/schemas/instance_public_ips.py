# SPDX-License-Identifier: Apache-2.0
"""Public IPs of an instance's network interface."""

from marshmallow import Schema, fields

from kic_vm.schemas import base


class AssociatedPublicIpSchema(Schema):
    """A public IP as returned by associate and disassociate."""

    id = fields.String(required=True)
    description = fields.String(required=True)
    status = fields.String(required=True, metadata={"description": "available or in_use"})
    project_id = fields.String(required=True)
    public_ip = fields.String(required=True, metadata={"description": "The address."})
    private_ip = fields.String(
        allow_none=True, metadata={"description": "The address that it leads to."}
    )
    created_at = fields.String(required=True)
    updated_at = fields.String(required=True)


class PublicIpRemoveQuerySchema(base.QuerySchema):
    """Whether the public IP is released."""

    is_delete = fields.Boolean(
        load_default=False, metadata={"description": "Delete it too; else it is kept."}
    )


AssociatedPublicIpEnvelopeSchema = base.envelope("public_ip", AssociatedPublicIpSchema)
