# SPDX-License-Identifier: Apache-2.0
"""Security groups and their rules."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import security_group_rules
from kic_vm.operations.networks import security_groups as operations
from kic_vm.schemas import security_groups as schemas

blueprint = Blueprint("security-groups", __name__, url_prefix="/api/v1/security-groups")


@blueprint.post("")
@blueprint.arguments(schemas.SecurityGroupCreateEnvelopeSchema)
@blueprint.response(201, schemas.ChangedSecurityGroupEnvelopeSchema)
def create_security_group(
    body: dict[str, schemas.SecurityGroupCreateBody],
) -> flask.Response:
    """Make a security group; it has no rules yet."""
    created = operations.create_security_group(services(), body["security_group"])
    return answer(201, {"security_group": created})


@blueprint.get("")
@blueprint.arguments(schemas.SecurityGroupListQuerySchema, location="query")
@blueprint.response(200, schemas.SecurityGroupPageSchema)
def list_security_groups(query: dict[str, Any]) -> flask.Response:
    """List the project's security groups."""
    return page("security_groups", operations.list_security_groups(services(), query))


@blueprint.get("/<security_group_id>")
@blueprint.response(200, schemas.WholeSecurityGroupEnvelopeSchema)
def get_security_group(security_group_id: str) -> flask.Response:
    """Show a security group with its rules."""
    group = operations.get_security_group(services(), security_group_id)
    return answer(200, {"security_group": group})


@blueprint.put("/<security_group_id>")
@blueprint.arguments(schemas.SecurityGroupUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedSecurityGroupEnvelopeSchema)
def update_security_group(
    body: dict[str, schemas.SecurityGroupUpdateBody], security_group_id: str
) -> flask.Response:
    """Rename or describe a security group."""
    changed = operations.update_security_group(
        services(), security_group_id, body["security_group"]
    )
    return answer(200, {"security_group": changed})


@blueprint.delete("/<security_group_id>")
@blueprint.response(204)
def delete_security_group(security_group_id: str) -> flask.Response:
    """Delete a security group with its rules; no network interface may be in it."""
    operations.delete_security_group(services(), security_group_id)
    return answer(204)


@blueprint.post("/<security_group_id>/rules")
@blueprint.arguments(schemas.SecurityGroupRuleCreateEnvelopeSchema)
@blueprint.response(201, schemas.ChangedSecurityGroupRuleEnvelopeSchema)
def create_security_group_rule(
    body: dict[str, schemas.SecurityGroupRuleCreateBody], security_group_id: str
) -> flask.Response:
    """Add a rule to a security group."""
    created = security_group_rules.create_security_group_rule(
        services(), security_group_id, body["security_group_rule"]
    )
    return answer(201, {"security_group_rule": created})


@blueprint.delete("/<security_group_id>/rules/<security_group_rule_id>")
@blueprint.response(204)
def delete_security_group_rule(
    security_group_id: str, security_group_rule_id: str
) -> flask.Response:
    """Delete a rule of a security group."""
    security_group_rules.delete_security_group_rule(
        services(), security_group_id, security_group_rule_id
    )
    return answer(204)
