# SPDX-License-Identifier: Apache-2.0
"""VPCs."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import vpcs as operations
from kic_vm.schemas import vpcs as schemas

blueprint = Blueprint("vpcs", __name__, url_prefix="/api/v1/vpcs")


@blueprint.post("")
@blueprint.arguments(schemas.VpcCreateEnvelopeSchema)
@blueprint.response(201, schemas.ChangedVpcEnvelopeSchema)
def create_vpc(body: dict[str, schemas.VpcCreateBody]) -> flask.Response:
    """Make a VPC, with its route table and a first subnet if one is asked for."""
    return answer(201, {"vpc": operations.create_vpc(services(), body["vpc"])})


@blueprint.get("")
@blueprint.arguments(schemas.VpcListQuerySchema, location="query")
@blueprint.response(200, schemas.VpcPageSchema)
def list_vpcs(query: dict[str, Any]) -> flask.Response:
    """List VPCs."""
    return page("vpcs", operations.list_vpcs(services(), query))


@blueprint.get("/<vpc_id>")
@blueprint.response(200, schemas.VpcEnvelopeSchema)
def get_vpc(vpc_id: str) -> flask.Response:
    """Show one VPC."""
    return answer(200, {"vpc": operations.get_vpc(services(), vpc_id)})


@blueprint.put("/<vpc_id>")
@blueprint.arguments(schemas.VpcUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedVpcEnvelopeSchema)
def update_vpc(body: dict[str, dict[str, str]], vpc_id: str) -> flask.Response:
    """Rename a VPC."""
    return answer(200, {"vpc": operations.rename_vpc(services(), vpc_id, body["vpc"]["name"])})


@blueprint.delete("/<vpc_id>")
@blueprint.response(204)
def delete_vpc(vpc_id: str) -> flask.Response:
    """Delete a VPC in which nothing is left."""
    operations.delete_vpc(services(), vpc_id)
    return answer(204)
