# SPDX-License-Identifier: Apache-2.0
"""Liveness and readiness of the gateway."""

import flask

from kic_vm import exceptions
from kic_vm.api import errors
from kic_vm.api.blueprint import Blueprint, answer
from kic_vm.schemas import documents as schemas

EXTENSION = "kic_vm_readiness"

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthcheck")
@blueprint.response(200, schemas.HealthSchema)
def healthcheck() -> flask.Response:
    """Show that the gateway lives; nothing behind it is asked."""
    return answer(200, {"status": "ok"})


@blueprint.get("/readiness")
@blueprint.response(200, schemas.ReadinessSchema)
@blueprint.alt_response(503, schema=schemas.UnreadinessSchema)
def readiness() -> flask.Response:
    """Show whether each service behind the gateway answers; 503 when a needed one does not."""
    report = flask.current_app.extensions[EXTENSION].report()
    if report["ready"]:
        response = answer(200, report)
    else:
        silent = [
            name
            for name, item in report["services"].items()
            if item["required"] and item["ok"] is False
        ]
        error = exceptions.NotReady(f"Not ready: {', '.join(silent)} cannot be used at the moment.")
        response = errors.response_to(error, **report)
    response.headers["Cache-Control"] = "no-store"
    return response
