# SPDX-License-Identifier: Apache-2.0
"""Keypairs."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.keypairs import deletion
from kic_vm.operations.keypairs import keypairs as operations
from kic_vm.schemas import keypairs as schemas

blueprint = Blueprint("keypairs", __name__, url_prefix="/api/v1/keypairs")


@blueprint.post("")
@blueprint.arguments(schemas.KeypairCreateEnvelopeSchema)
@blueprint.response(201, schemas.CreatedKeypairEnvelopeSchema)
def create_keypair(body: dict[str, schemas.KeypairCreateBody]) -> flask.Response:
    """Make a keypair, or import one."""
    wanted = body["keypair"]
    created = operations.create_keypair(services(), wanted["name"], wanted["public_key"])
    return answer(201, {"keypair": created})


@blueprint.get("")
@blueprint.arguments(schemas.KeypairListQuerySchema, location="query")
@blueprint.response(200, schemas.KeypairPageSchema)
def list_keypairs(query: dict[str, Any]) -> flask.Response:
    """List keypairs."""
    return page("keypairs", operations.list_keypairs(services(), query))


@blueprint.get("/<keypair_name>")
@blueprint.response(200, schemas.KeypairEnvelopeSchema)
def get_keypair(keypair_name: str) -> flask.Response:
    """Show one keypair."""
    return answer(200, {"keypair": operations.get_keypair(services(), keypair_name)})


@blueprint.delete("/<keypair_name>")
@blueprint.response(204)
def delete_keypair(keypair_name: str) -> flask.Response:
    """Delete a keypair; its creator, or an admin where the creator has left the project."""
    deletion.delete_keypair(services(), keypair_name)
    return answer(204)
