"""The lifecycle table and the OpenAPI document."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, app_state
from kic_vm.lifecycle import render
from kic_vm.schemas import documents as schemas

EXTENSION = "kic_vm_openapi"

blueprint = Blueprint("documents", __name__)


@blueprint.get("/api/v1/lifecycle")
@blueprint.response(200, schemas.LifecycleDocumentSchema)
def get_lifecycle() -> flask.Response:
    """Show every documented state with its billing flag."""
    return answer(200, render.as_document(app_state().translation.lifecycle))


@blueprint.get("/openapi.json")
@blueprint.response(200)
def get_openapi() -> flask.Response:
    """Show this document."""
    return answer(200, flask.current_app.extensions[EXTENSION])
