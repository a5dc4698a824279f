"""What every view has at hand."""

from typing import Any, cast

import flask
import flask_smorest

from kic_vm.api.arguments import parser
from kic_vm.context import ENVIRON_KEY
from kic_vm.operations.scope import Platform, Scope

EXTENSION = "kic_vm"


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint with our reading of arguments.

    Views return ready answers: the mappings have put their objects into the contract's shape,
    and the response schemas document it; tests hold the one against the other.
    """

    ARGUMENTS_PARSER = parser


def platform() -> Platform:
    """What this process has."""
    return cast("Platform", flask.current_app.extensions[EXTENSION])


def scope() -> Scope:
    """What this request has."""
    return Scope.of(platform(), flask.request.environ[ENVIRON_KEY])


def answer(status: int, body: Any = None) -> flask.Response:
    """A JSON answer, or one without a body."""
    if body is None:
        return flask.Response(status=status, content_type="application/json")
    response = flask.jsonify(body)
    response.status_code = status
    return response


def page(key: str, result: tuple[list[Any], Any]) -> flask.Response:
    """The answer of a list operation."""
    items, pagination = result
    return answer(200, {key: items, "pagination": pagination})
