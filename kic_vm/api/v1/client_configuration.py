# SPDX-License-Identifier: Apache-2.0
"""Client configuration: what the official clients resolve before they begin."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, app_state, base_url
from kic_vm.operations.projects import client_configuration as operations
from kic_vm.schemas import client_configuration as schemas

blueprint = Blueprint("client-configuration", __name__, url_prefix="/api/v1")


def _resolved(data: Any) -> flask.Response:
    return answer(200, {"success": True, "data": data, "message": ""})


@blueprint.get("/client-endpoints/resolve")
@blueprint.response(200, schemas.ClientEndpointsResolvedSchema)
def resolve_client_endpoints() -> flask.Response:
    """Show the address of every service."""
    return _resolved(operations.client_endpoints(base_url()))


@blueprint.get("/az-policies/resolve")
@blueprint.response(200, schemas.ZonePolicyResolvedSchema)
def resolve_zone_policy() -> flask.Response:
    """Show the availability zones of every service."""
    return _resolved(operations.zone_policy(app_state(), base_url()))


@blueprint.get("/client-metadata/resolve")
@blueprint.arguments(schemas.ClientMetadataQuerySchema, location="query")
@blueprint.response(200, schemas.ClientMetadataResolvedSchema)
def resolve_client_metadata(query: dict[str, Any]) -> flask.Response:
    """Show what there is to know about one service."""
    return _resolved(operations.client_metadata(app_state(), base_url(), query["service"]))
