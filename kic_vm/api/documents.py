# SPDX-License-Identifier: Apache-2.0
"""The version, the lifecycle table and the OpenAPI document."""

from collections.abc import Callable
from typing import Any

import flask

from kic_vm.api import version_document
from kic_vm.api.blueprint import Blueprint, answer, app_state, base_url
from kic_vm.i18n import languages
from kic_vm.lifecycle import render
from kic_vm.schemas import documents as schemas

EXTENSION = "kic_vm_openapi"

blueprint = Blueprint("documents", __name__)


@blueprint.get("/")
@blueprint.response(200, schemas.VersionDocumentSchema)
def get_versions() -> flask.Response:
    """Show what this is, its version and the addresses of its documents."""
    return answer(200, version_document.describe(app_state().conf, base_url()))


@blueprint.get("/api/v1/lifecycle")
@blueprint.response(200, schemas.LifecycleDocumentSchema)
def get_lifecycle() -> flask.Response:
    """Show every documented state with its billing flag."""
    return answer(200, render.as_document(app_state().translation.lifecycle))


@blueprint.get("/openapi.json")
@blueprint.response(200)
def get_openapi() -> flask.Response:
    """Show this document, in the language that the client prefers."""
    document_in: Callable[[str], dict[str, Any]] = flask.current_app.extensions[EXTENSION]
    language = languages.preferred(flask.request.environ.get(languages.ENVIRON_KEY))
    response = answer(200, document_in(language))
    response.vary.add(languages.HEADER)
    response.content_language.add(language)
    return response
