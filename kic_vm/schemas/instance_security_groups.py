# SPDX-License-Identifier: Apache-2.0
"""Security groups of an instance's network interface."""

from marshmallow import Schema, fields

from kic_vm.schemas import base


class SecurityGroupIdsSchema(Schema):
    """The security groups of the network interface after the change."""

    ids = fields.List(fields.String(), required=True)


SecurityGroupIdsEnvelopeSchema = base.envelope("security_group", SecurityGroupIdsSchema)
