# SPDX-License-Identifier: Apache-2.0
"""Commands on instances."""

import uuid

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.context import COMMAND_KEY
from kic_vm.lifecycle.commands import Command, load_commands
from kic_vm.operations.instances import actions as operations
from kic_vm.operations.instances import rebuild
from kic_vm.schemas import instance_actions as schemas
from kic_vm.schemas.instance_changes import RebuiltInstanceEnvelopeSchema

blueprint = Blueprint("instance-actions", __name__, url_prefix="/api/v1/instances/<instance_id>")


@blueprint.post("/actions")
@blueprint.arguments(schemas.ActionSchema)
@blueprint.response(202)
def act_on_instance(body: dict[str, str], instance_id: str) -> flask.Response:
    """Give an instance a command by its name."""
    flask.request.environ[COMMAND_KEY] = body["action"]
    operations.act_by_name(services(), instance_id, body["action"])
    return answer(202)


@blueprint.post("/resize")
@blueprint.arguments(schemas.ResizeSchema)
@blueprint.response(202)
def resize_instance(body: dict[str, dict[str, uuid.UUID]], instance_id: str) -> flask.Response:
    """Change the flavor of an instance."""
    operations.resize_instance(services(), instance_id, str(body["flavor"]["id"]))
    return answer(202)


@blueprint.post("/rebuild")
@blueprint.arguments(schemas.RebuildSchema)
@blueprint.response(202, RebuiltInstanceEnvelopeSchema)
def rebuild_instance(
    body: dict[str, schemas.RebuildInstanceBody], instance_id: str
) -> flask.Response:
    """Write an image over the root volume; addresses and other volumes stay."""
    rebuilt = rebuild.rebuild_instance(services(), instance_id, body["rebuild"])
    return answer(202, {"instance": rebuilt})


def _register(command: Command) -> None:
    """Add the path of a command that takes no arguments."""

    def run_command(instance_id: str) -> flask.Response:
        operations.act(services(), instance_id, command.name)
        return answer(202)

    # The OpenAPI document and the log name the operation by its view.
    run_command.__name__ = command.operation
    run_command.__doc__ = command.description
    blueprint.post(f"/{command.name}")(blueprint.response(202)(run_command))


for _command in load_commands().values():
    _register(_command)
