# SPDX-License-Identifier: Apache-2.0
"""Flavors."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.instances import flavors as operations
from kic_vm.schemas import flavors as schemas

blueprint = Blueprint("flavors", __name__, url_prefix="/api/v1/flavors")


@blueprint.get("")
@blueprint.arguments(schemas.FlavorListQuerySchema, location="query")
@blueprint.response(200, schemas.FlavorPageSchema)
def list_flavors(query: dict[str, Any]) -> flask.Response:
    """List the flavors that the project can use."""
    return page("flavors", operations.list_flavors(services(), query))


@blueprint.get("/<flavor_id>")
@blueprint.response(200, schemas.FlavorEnvelopeSchema)
def get_flavor(flavor_id: str) -> flask.Response:
    """Show one flavor."""
    return answer(200, {"flavor": operations.get_flavor(services(), flavor_id)})
