# SPDX-License-Identifier: Apache-2.0
"""Tokens, passed through from Keystone."""

import flask

from kic_vm.adapters import identity
from kic_vm.api.blueprint import Blueprint, app_state
from kic_vm.context import RECORD_KEY

blueprint = Blueprint("tokens", __name__, url_prefix="/identity/v3/auth/tokens")


def _forward() -> flask.Response:
    request = flask.request
    upstream = identity.forward_tokens(
        app_state().cloud,
        "GET" if request.method == "HEAD" else request.method,  # Flask drops the body for HEAD
        request.headers,
        request.query_string.decode("latin-1"),
        request.get_data(),
        request.environ[RECORD_KEY].request_id,
    )
    response = flask.Response(
        upstream.content, upstream.status_code, content_type="application/json"
    )
    response.vary.update(("X-Auth-Token", "X-Subject-Token"))
    response.cache_control.no_store = True  # the token itself is in a header
    if "X-Subject-Token" in upstream.headers:
        response.headers["X-Subject-Token"] = upstream.headers["X-Subject-Token"]
    return response


@blueprint.post("")
@blueprint.doc(
    requestBody={
        "required": True,
        "description": "As Keystone's POST /v3/auth/tokens describes it.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
)
@blueprint.response(201)
def issue_token() -> flask.Response:
    """Issue a token: Keystone's POST /v3/auth/tokens."""
    return _forward()


@blueprint.get("")
@blueprint.response(200)
def validate_token() -> flask.Response:
    """Validate a token: Keystone's GET /v3/auth/tokens."""
    return _forward()
