# SPDX-License-Identifier: Apache-2.0
"""Logs of an instance."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.instances import logs as operations
from kic_vm.schemas import instance_logs as schemas

blueprint = Blueprint("instance-logs", __name__, url_prefix="/api/v1/instances/<instance_id>")


@blueprint.get("/action-logs")
@blueprint.response(200, schemas.InstanceActionsSchema)
def list_instance_actions(instance_id: str) -> flask.Response:
    """List what was done to an instance, the latest first."""
    return answer(200, {"actions": operations.list_actions(services(), instance_id)})


@blueprint.get("/console-logs")
@blueprint.arguments(schemas.ConsoleLogQuerySchema, location="query")
@blueprint.response(200, schemas.ConsoleLogSchema)
def get_instance_console_log(query: dict[str, Any], instance_id: str) -> flask.Response:
    """Show the last lines of an instance's console."""
    console = operations.get_console_log(services(), instance_id, query["lines"])
    return answer(200, {"console-logs": console})
