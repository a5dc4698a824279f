# SPDX-License-Identifier: Apache-2.0
"""Instances."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.instances import instances as operations
from kic_vm.operations.instances import update
from kic_vm.operations.instances.create import plan
from kic_vm.schemas import instance_changes
from kic_vm.schemas import instances as schemas

blueprint = Blueprint("instances", __name__, url_prefix="/api/v1/instances")


@blueprint.post("")
@blueprint.arguments(instance_changes.InstanceCreateEnvelopeSchema)
@blueprint.response(202, instance_changes.CreatedInstancesSchema)
def create_instance(body: dict[str, instance_changes.InstanceCreateBody]) -> flask.Response:
    """Make one or several instances."""
    return answer(202, plan.create_instances(services(), body["instance"]))


@blueprint.get("")
@blueprint.arguments(schemas.InstanceListQuerySchema, location="query")
@blueprint.response(200, schemas.InstancePageSchema)
def list_instances(query: dict[str, Any]) -> flask.Response:
    """List the project's instances."""
    return page("instances", operations.list_instances(services(), query))


@blueprint.get("/<instance_id>")
@blueprint.response(200, schemas.InstanceEnvelopeSchema)
def get_instance(instance_id: str) -> flask.Response:
    """Show an instance."""
    return answer(200, {"instance": operations.get_instance(services(), instance_id)})


@blueprint.put("/<instance_id>")
@blueprint.arguments(instance_changes.InstanceUpdateEnvelopeSchema)
@blueprint.response(200, instance_changes.UpdatedInstanceEnvelopeSchema)
def update_instance(
    body: dict[str, instance_changes.InstanceUpdateBody], instance_id: str
) -> flask.Response:
    """Rename or describe an instance."""
    updated = update.update_instance(services(), instance_id, body["instance"])
    return answer(200, {"instance": updated})


@blueprint.delete("/<instance_id>")
@blueprint.response(204)
def delete_instance(instance_id: str) -> flask.Response:
    """Delete an instance."""
    operations.delete_instance(services(), instance_id)
    return answer(204)
