"""Security groups of an instance's network interface."""

from marshmallow import Schema, fields

from kic_vm.schemas import base


class SecurityGroupIdsSchema(Schema):
    """The groups that the network interface is in now."""

    ids = fields.List(fields.String(), required=True)


SecurityGroupIdsEnvelopeSchema = base.envelope("security_group", SecurityGroupIdsSchema)
