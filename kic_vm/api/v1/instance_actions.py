"""Commands on instances."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.context import COMMAND_KEY
from kic_vm.operations.instances import actions as operations
from kic_vm.operations.instances import rebuild
from kic_vm.schemas import instance_actions as schemas
from kic_vm.schemas.instance_changes import RebuiltInstanceEnvelopeSchema

blueprint = Blueprint("instance-actions", __name__, url_prefix="/api/v1/instances/<instance_id>")


def _act(instance_id: str, command: str) -> flask.Response:
    operations.act(services(), instance_id, command)
    return answer(202)


@blueprint.post("/actions")
@blueprint.arguments(schemas.ActionSchema)
@blueprint.response(202)
def act_on_instance(body: dict[str, Any], instance_id: str) -> flask.Response:
    """Give an instance a command by its name."""
    flask.request.environ[COMMAND_KEY] = body["action"]
    operations.act_by_name(services(), instance_id, body["action"])
    return answer(202)


@blueprint.post("/start")
@blueprint.response(202)
def start_instance(instance_id: str) -> flask.Response:
    """Start a stopped instance, or bring a terminated one back."""
    return _act(instance_id, "start")


@blueprint.post("/stop")
@blueprint.response(202)
def stop_instance(instance_id: str) -> flask.Response:
    """Stop an instance; it keeps its resources."""
    return _act(instance_id, "stop")


@blueprint.post("/soft-reboot")
@blueprint.response(202)
def soft_reboot_instance(instance_id: str) -> flask.Response:
    """Restart an instance."""
    return _act(instance_id, "soft-reboot")


@blueprint.post("/hard-reboot")
@blueprint.response(202)
def hard_reboot_instance(instance_id: str) -> flask.Response:
    """Force an instance to restart."""
    return _act(instance_id, "hard-reboot")


@blueprint.post("/shelve")
@blueprint.response(202)
def shelve_instance(instance_id: str) -> flask.Response:
    """Terminate an instance: its resources are given back, the instance is kept."""
    return _act(instance_id, "shelve")


@blueprint.post("/unshelve")
@blueprint.response(202)
def unshelve_instance(instance_id: str) -> flask.Response:
    """Bring a terminated instance back."""
    return _act(instance_id, "unshelve")


@blueprint.post("/resize")
@blueprint.arguments(schemas.ResizeSchema)
@blueprint.response(202)
def resize_instance(body: dict[str, Any], instance_id: str) -> flask.Response:
    """Change the flavor of an instance."""
    operations.resize_instance(services(), instance_id, str(body["flavor"]["id"]))
    return answer(202)


@blueprint.post("/rebuild")
@blueprint.arguments(schemas.RebuildSchema)
@blueprint.response(202, RebuiltInstanceEnvelopeSchema)
def rebuild_instance(body: dict[str, Any], instance_id: str) -> flask.Response:
    """Write an image over the root volume; addresses and other volumes stay."""
    rebuilt = rebuild.rebuild_instance(services(), instance_id, body["rebuild"])
    return answer(202, {"instance": rebuilt})


@blueprint.post("/confirm-resize")
@blueprint.response(202)
def confirm_instance_resize(instance_id: str) -> flask.Response:
    """Complete a resize: the former flavor's place is given back."""
    return _act(instance_id, "confirm-resize")


@blueprint.post("/revert-resize")
@blueprint.response(202)
def revert_instance_resize(instance_id: str) -> flask.Response:
    """Undo a resize: the instance goes back to its former flavor."""
    return _act(instance_id, "revert-resize")
