# SPDX-License-Identifier: Apache-2.0
"""Helpers for all views."""

import functools
from collections.abc import Callable
from typing import Any, cast

import flask
import flask_smorest
from marshmallow import Schema

from kic_vm.api.accepted_age import accepted_age
from kic_vm.api.arguments import parser
from kic_vm.context import ENVIRON_KEY, REPLAY_KEY
from kic_vm.operations.request import AppState, RequestServices
from kic_vm.schemas import secrets

View = Callable[..., flask.Response]

EXTENSION = "kic_vm"


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint with the gateway's argument parser.

    Views return complete responses: the mappings build the contract's objects, the response
    schemas document them, and tests compare both.
    """

    ARGUMENTS_PARSER = parser

    def arguments(self, schema: Any, **kwargs: Any) -> Any:
        """See flask-smorest. All requests share one instance of the schema.

        Otherwise webargs makes one for each request, which takes longer than to load a query.
        """
        return super().arguments(schema() if isinstance(schema, type) else schema, **kwargs)

    def response(self, status_code: int, schema: Any = None, **kwargs: Any) -> Any:
        """See flask-smorest. Responses with a secret of their schema are marked ``no-store``."""
        documented = super().response(status_code, schema, **kwargs)
        described: Schema | None = schema() if isinstance(schema, type) else schema
        if described is None or not secrets.has_secrets(described):
            return documented
        return lambda view: documented(_without_storing(view, described))


def _without_storing(view: View, schema: Schema) -> View:
    """The view, with responses marked ``no-store`` if they contain a secret of the schema."""

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> flask.Response:
        response = view(*args, **kwargs)
        concealed = secrets.conceal(schema, response.get_json())
        if concealed.has_told:
            response.cache_control.no_store = True
            if concealed.is_of_use:
                flask.request.environ[REPLAY_KEY] = answer(200, concealed.body).get_data()
        return response

    return wrapped


def app_state() -> AppState:
    """The state of this process."""
    return cast("AppState", flask.current_app.extensions[EXTENSION])


def services() -> RequestServices:
    """The services of this request."""
    request = flask.request
    context = request.environ[ENVIRON_KEY]
    header = request.environ.get("HTTP_CACHE_CONTROL")
    if header and request.method in {"GET", "HEAD"}:
        context.max_age = accepted_age(header)
        context.query_string = request.environ["QUERY_STRING"]
    return RequestServices.of(app_state(), context)


def base_url() -> str:
    """The URL by which clients reach the gateway, without a trailing slash."""
    configured: str | None = app_state().conf.api.public_url
    return (configured or flask.request.url_root).rstrip("/")


def answer(status: int, body: Any = None) -> flask.Response:
    """A JSON response, or a response without a body."""
    if body is None:
        return flask.Response(status=status, content_type="application/json")
    response = flask.jsonify(body)
    response.status_code = status
    return response


def page(key: str, result: tuple[list[Any], Any]) -> flask.Response:
    """The response of a list operation. The body of a page of a recent list is made only once."""
    items, pagination = result
    body = {key: items, "pagination": pagination}
    known = flask.request.environ[ENVIRON_KEY].page
    if known is None:
        return answer(200, body)
    if known.body is None:
        known.body = answer(200, body).get_data()
    return flask.Response(known.body, mimetype="application/json")
