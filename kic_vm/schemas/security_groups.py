# SPDX-License-Identifier: Apache-2.0
"""Security groups and their rules."""

import ipaddress
import uuid
from typing import Any, Final, NotRequired, TypedDict

from marshmallow import Schema, fields, validate, validates_schema

from kic_vm.exceptions import FieldErrorCode
from kic_vm.schemas import base, filters, json_types, validators
from kic_vm.schemas.addresses import without_zone
from kic_vm.schemas.field_errors import FieldValidationError

DIRECTIONS: Final = ["ingress", "egress"]
PROTOCOLS: Final = ["TCP", "UDP", "ICMP", "IPIP", "ALL"]
_WITH_PORTS: Final = {"TCP", "UDP"}


class _RuleSchema(Schema):
    id = fields.String(required=True)
    description = fields.String(allow_none=True)
    direction = fields.String(required=True, validate=validate.OneOf(DIRECTIONS))
    protocol = fields.String(required=True, validate=validate.OneOf(PROTOCOLS))
    openstack_protocol = fields.String(
        metadata={"description": "Only there where OpenStack's is none of these: its name."}
    )
    port_range_min = fields.String(
        allow_none=True,
        metadata={"description": "A number as text, ALL, or null for a protocol without ports."},
    )
    port_range_max = fields.String(allow_none=True)
    remote_ip_prefix = fields.String(allow_none=True)
    remote_group_id = fields.String(allow_none=True)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class SecurityGroupRuleSchema(_RuleSchema):
    """A rule as returned by get and list."""

    remote_group_name = fields.String(allow_none=True)


class ChangedSecurityGroupRuleSchema(_RuleSchema):
    """A rule as returned by changes."""

    project_id = fields.String(required=True)
    security_group_id = fields.String(required=True)


class _GroupSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    is_stateful = fields.Boolean()
    tags = fields.List(fields.String(), required=True)
    created_at = fields.String(allow_none=True)
    updated_at = fields.String(allow_none=True)


class WholeSecurityGroupSchema(_GroupSchema):
    """A security group as returned by get and list."""

    project_id = fields.String(allow_none=True)
    project_name = fields.String(allow_none=True)
    rules = fields.List(fields.Nested(SecurityGroupRuleSchema))


class ChangedSecurityGroupSchema(_GroupSchema):
    """A security group as returned by create and update."""

    rules = fields.List(fields.Nested(ChangedSecurityGroupRuleSchema), required=True)


class SecurityGroupCreateSchema(base.RequestSchema):
    """A security group to create; it allows no traffic until it has rules."""

    name = base.name(required=True)
    description = base.description(load_default=None)


class SecurityGroupCreateBody(TypedDict):
    """A security group to create; see SecurityGroupCreateSchema."""

    name: str
    description: str | None


class SecurityGroupUpdateSchema(base.RequestSchema):
    """The fields to change; missing fields stay unchanged."""

    name = base.name(allow_none=True)
    description = base.description()


class SecurityGroupUpdateBody(TypedDict):
    """The fields to change; see SecurityGroupUpdateSchema."""

    name: NotRequired[str | None]
    description: NotRequired[str | None]


def _is_range(value: str | None) -> None:
    """Accept a range only in the form that responses return, so that clients find it again."""
    if value is None:
        return
    try:
        written = str(ipaddress.ip_network(without_zone(value), strict=False))
    except ValueError as error:
        raise FieldValidationError(
            FieldErrorCode.INVALID_FORMAT,
            "Must be a range of addresses in CIDR notation, such as 10.0.0.0/16 or ::/0.",
        ) from error
    if value != written:
        raise FieldValidationError(FieldErrorCode.INVALID_FORMAT, f"Must be written as {written}.")


def _port() -> json_types.Integer:
    return json_types.Integer(
        allow_none=True,
        load_default=None,
        validate=validators.Range(min=1, max=65535),
        metadata={"description": "TCP and UDP only; both ports or, for all of them, none."},
    )


class SecurityGroupRuleCreateSchema(base.RequestSchema):
    """A rule to add: the allowed traffic, and its remote side."""

    description = base.description(load_default=None)
    direction = fields.String(required=True, validate=validators.OneOf(DIRECTIONS))
    protocol = fields.String(required=True, validate=validators.OneOf(PROTOCOLS))
    port_range_min = _port()
    port_range_max = _port()
    remote_ip_prefix = fields.String(allow_none=True, load_default=None, validate=_is_range)
    remote_group_id = base.optional_uuid()

    @validates_schema
    def _has_one_remote(self, data: dict[str, Any], **_kwargs: Any) -> None:
        given = [data["remote_ip_prefix"], data["remote_group_id"]]
        if given.count(None) == 2:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE,
                "Give this or remote_group_id; 0.0.0.0/0 is everybody.",
                "remote_ip_prefix",
            )
        if given.count(None) == 0:
            raise FieldValidationError(
                FieldErrorCode.INVALID_VALUE,
                "Give this or remote_ip_prefix, not both.",
                "remote_group_id",
            )

    @validates_schema
    def _has_fitting_ports(self, data: dict[str, Any], **_kwargs: Any) -> None:
        first, last = data["port_range_min"], data["port_range_max"]
        if data["protocol"] not in _WITH_PORTS:
            for field in ("port_range_min", "port_range_max"):
                if data[field] is not None:
                    raise FieldValidationError(
                        FieldErrorCode.INVALID_VALUE,
                        f"{data['protocol']} has no ports: leave this out.",
                        field,
                    )
        elif first is None and last is not None:
            raise FieldValidationError(
                FieldErrorCode.REQUIRED, "Must be given when port_range_max is.", "port_range_min"
            )
        elif last is None and first is not None:
            raise FieldValidationError(
                FieldErrorCode.REQUIRED, "Must be given when port_range_min is.", "port_range_max"
            )
        elif first is not None and first > last:
            raise FieldValidationError(
                FieldErrorCode.OUT_OF_RANGE, "Must not be below port_range_min.", "port_range_max"
            )


class SecurityGroupRuleCreateBody(TypedDict):
    """A rule to add; see SecurityGroupRuleCreateSchema."""

    description: str | None
    direction: str
    protocol: str
    port_range_min: int | None
    port_range_max: int | None
    remote_ip_prefix: str | None
    remote_group_id: uuid.UUID | None


WholeSecurityGroupEnvelopeSchema = base.envelope("security_group", WholeSecurityGroupSchema)
SecurityGroupPageSchema = base.page("security_groups", WholeSecurityGroupSchema)
ChangedSecurityGroupEnvelopeSchema = base.envelope("security_group", ChangedSecurityGroupSchema)
ChangedSecurityGroupRuleEnvelopeSchema = base.envelope(
    "security_group_rule", ChangedSecurityGroupRuleSchema
)
SecurityGroupCreateEnvelopeSchema = base.envelope(
    "security_group", SecurityGroupCreateSchema, base.RequestSchema
)
SecurityGroupUpdateEnvelopeSchema = base.envelope(
    "security_group", SecurityGroupUpdateSchema, base.RequestSchema
)
SecurityGroupRuleCreateEnvelopeSchema = base.envelope(
    "security_group_rule", SecurityGroupRuleCreateSchema, base.RequestSchema
)

SecurityGroupListQuerySchema = base.query_schema(
    WholeSecurityGroupSchema,
    id=filters.Id(),
    name=filters.PartOfName(),
    created_at=filters.Moment(),
    updated_at=filters.Moment(),
)
