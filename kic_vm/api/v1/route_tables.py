# SPDX-License-Identifier: Apache-2.0
"""Route tables, their routes and associations."""

import uuid
from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import route_table_associations as associations
from kic_vm.operations.networks import route_tables as operations
from kic_vm.operations.networks import vpc_routes
from kic_vm.schemas import route_tables as schemas

blueprint = Blueprint("route-tables", __name__, url_prefix="/api/v1/route-tables")


@blueprint.post("")
@blueprint.arguments(schemas.RouteTableCreateEnvelopeSchema)
@blueprint.response(201, schemas.ChangedRouteTableEnvelopeSchema)
def create_route_table(
    body: dict[str, schemas.RouteTableCreateBody],
) -> flask.Response:
    """Make a route table beside the main one."""
    made = operations.create_route_table(services(), body["vpc_route_table"])
    return answer(201, {"vpc_route_table": made})


@blueprint.get("")
@blueprint.arguments(schemas.RouteTableListQuerySchema, location="query")
@blueprint.response(200, schemas.RouteTablePageSchema)
def list_route_tables(query: dict[str, Any]) -> flask.Response:
    """List route tables."""
    return page("vpc_route_tables", operations.list_route_tables(services(), query))


@blueprint.get("/<route_table_id>")
@blueprint.response(200, schemas.RouteTableEnvelopeSchema)
def get_route_table(route_table_id: str) -> flask.Response:
    """Show one route table."""
    return answer(200, {"vpc_route_table": operations.get_route_table(services(), route_table_id)})


@blueprint.put("/<route_table_id>")
@blueprint.arguments(schemas.RouteTableUpdateEnvelopeSchema)
@blueprint.response(200, schemas.ChangedRouteTableEnvelopeSchema)
def update_route_table(body: dict[str, dict[str, str]], route_table_id: str) -> flask.Response:
    """Rename a route table."""
    name = body["vpc_route_table"]["name"]
    renamed = operations.rename_route_table(services(), route_table_id, name)
    return answer(200, {"vpc_route_table": renamed})


@blueprint.delete("/<route_table_id>")
@blueprint.response(204)
def delete_route_table(route_table_id: str) -> flask.Response:
    """Delete a route table that is not the main one and has no subnets."""
    operations.delete_route_table(services(), route_table_id)
    return answer(204)


@blueprint.put("/<route_table_id>/main")
@blueprint.response(204)
def set_main_route_table(route_table_id: str) -> flask.Response:
    """Make a route table the main one of its VPC, which new subnets are associated with."""
    operations.set_main_route_table(services(), route_table_id)
    return answer(204)


@blueprint.get("/<route_table_id>/associations")
@blueprint.arguments(schemas.AssociationListQuerySchema, location="query")
@blueprint.response(200, schemas.AssociationPageSchema)
def list_route_table_associations(query: dict[str, Any], route_table_id: str) -> flask.Response:
    """List the subnets that a route table applies to."""
    return page("associations", associations.list_associations(services(), route_table_id, query))


@blueprint.put("/<route_table_id>/associations/<association_id>")
@blueprint.arguments(schemas.AssociationChangeEnvelopeSchema)
@blueprint.response(200, schemas.ChangedAssociationEnvelopeSchema)
def update_route_table_association(
    body: dict[str, dict[str, uuid.UUID]], route_table_id: str, association_id: str
) -> flask.Response:
    """Associate a subnet with another route table of its VPC."""
    target_id = str(body["association"]["target_route_table_id"])
    changed = associations.update_association(services(), route_table_id, association_id, target_id)
    return answer(200, {"association": changed})


@blueprint.post("/<route_table_id>/routes")
@blueprint.arguments(schemas.RouteChangeEnvelopeSchema)
@blueprint.response(201, schemas.ChangedRouteEnvelopeSchema)
def add_route(body: dict[str, schemas.RouteChangeBody], route_table_id: str) -> flask.Response:
    """Add a route."""
    return answer(
        201, {"vpc_route": vpc_routes.add_route(services(), route_table_id, body["vpc_route"])}
    )


@blueprint.put("/<route_table_id>/routes/<route_id>")
@blueprint.arguments(schemas.RouteChangeEnvelopeSchema)
@blueprint.response(200, schemas.ChangedRouteEnvelopeSchema)
def update_route(
    body: dict[str, schemas.RouteChangeBody], route_table_id: str, route_id: str
) -> flask.Response:
    """Put a route in the place of another one."""
    changed = vpc_routes.update_route(services(), route_table_id, route_id, body["vpc_route"])
    return answer(200, {"vpc_route": changed})


@blueprint.delete("/<route_table_id>/routes/<route_id>")
@blueprint.response(204)
def delete_route(route_table_id: str, route_id: str) -> flask.Response:
    """Delete a route."""
    vpc_routes.delete_route(services(), route_table_id, route_id)
    return answer(204)
