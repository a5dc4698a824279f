# SPDX-License-Identifier: Apache-2.0
"""Quotas."""

from marshmallow import Schema, fields, validate


class QuotaSchema(Schema):
    """One quota of the project."""

    limit = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null: without one."}
    )
    used = fields.Integer(
        required=True, metadata={"description": "In use or reserved for what is being made."}
    )
    unit = fields.String(required=True, validate=validate.OneOf(["count", "MiB", "GiB"]))


class QuotasSchema(Schema):
    """The quotas of the project by name."""

    quotas = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(QuotaSchema),
        metadata={
            "description": "instances, cores, memory_mb, keypairs (the calling user's own, in all "
            "projects), volumes, gigabytes, snapshots, ports, public_ips, security_groups, "
            "security_group_rules, vpcs, subnets, routers, routes; those that the cloud has."
        },
    )
