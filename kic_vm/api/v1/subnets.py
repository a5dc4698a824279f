# SPDX-License-Identifier: Apache-2.0
"""Subnets."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import subnet_shares
from kic_vm.operations.networks import subnets as operations
from kic_vm.schemas import subnets as schemas

blueprint = Blueprint("subnets", __name__, url_prefix="/api/v1/subnets")


@blueprint.post("")
@blueprint.arguments(schemas.SubnetCreateEnvelopeSchema)
@blueprint.response(201, schemas.ChangedSubnetEnvelopeSchema)
def create_subnet(body: dict[str, schemas.SubnetCreateBody]) -> flask.Response:
    """Make a subnet in a VPC."""
    return answer(201, {"subnet": operations.create_subnet(services(), body["subnet"])})


@blueprint.get("")
@blueprint.arguments(schemas.SubnetListQuerySchema, location="query")
@blueprint.response(200, schemas.SubnetPageSchema)
def list_subnets(query: dict[str, Any]) -> flask.Response:
    """List subnets."""
    return page("subnets", operations.list_subnets(services(), query))


@blueprint.get("/<subnet_id>")
@blueprint.response(200, schemas.SubnetEnvelopeSchema)
def get_subnet(subnet_id: str) -> flask.Response:
    """Show one subnet."""
    return answer(200, {"subnet": operations.get_subnet(services(), subnet_id)})


@blueprint.put("/<subnet_id>")
@blueprint.arguments(schemas.SubnetUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedSubnetEnvelopeSchema)
def update_subnet(body: dict[str, dict[str, str]], subnet_id: str) -> flask.Response:
    """Rename a subnet."""
    renamed = operations.rename_subnet(services(), subnet_id, body["subnet"]["name"])
    return answer(200, {"subnet": renamed})


@blueprint.delete("/<subnet_id>")
@blueprint.response(204)
def delete_subnet(subnet_id: str) -> flask.Response:
    """Delete a subnet in which there is no network interface."""
    operations.delete_subnet(services(), subnet_id)
    return answer(204)


@blueprint.get("/<subnet_id>/projects")
@blueprint.response(200, schemas.SharedProjectsSchema)
def list_subnet_shared_projects(subnet_id: str) -> flask.Response:
    """List the projects that a subnet is shared with."""
    return answer(200, {"projects": subnet_shares.list_shared_projects(services(), subnet_id)})


@blueprint.post("/<subnet_id>/projects/<project_id>")
@blueprint.response(204)
def share_subnet(subnet_id: str, project_id: str) -> flask.Response:
    """Share a subnet, the only one of its VPC, with a project."""
    subnet_shares.share_subnet(services(), subnet_id, project_id)
    return answer(204)


@blueprint.delete("/<subnet_id>/projects/<project_id>")
@blueprint.response(204)
def unshare_subnet(subnet_id: str, project_id: str) -> flask.Response:
    """Stop sharing a subnet with a project that has no network interface in it."""
    subnet_shares.unshare_subnet(services(), subnet_id, project_id)
    return answer(204)
