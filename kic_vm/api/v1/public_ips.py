# SPDX-License-Identifier: Apache-2.0
"""Public IPs."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import public_ips as operations
from kic_vm.schemas import public_ips as schemas
from kic_vm.schemas.instance_public_ips import AssociatedPublicIpEnvelopeSchema

blueprint = Blueprint("public-ips", __name__, url_prefix="/api/v1/public-ips")
_INTERFACE = "/<public_ip_id>/network-interfaces/<network_interface_id>"


@blueprint.post("")
@blueprint.arguments(schemas.PublicIpCreateEnvelopeSchema)
@blueprint.response(201, AssociatedPublicIpEnvelopeSchema)
def create_public_ip(body: dict[str, schemas.PublicIpCreateBody]) -> flask.Response:
    """Get a new public IP."""
    return answer(201, {"public_ip": operations.create_public_ip(services(), body["public_ip"])})


@blueprint.get("")
@blueprint.arguments(schemas.PublicIpListQuerySchema, location="query")
@blueprint.response(200, schemas.PublicIpPageSchema)
def list_public_ips(query: dict[str, Any]) -> flask.Response:
    """List the project's public IPs."""
    return page("public_ips", operations.list_public_ips(services(), query))


@blueprint.get("/<public_ip_id>")
@blueprint.response(200, schemas.PublicIpEnvelopeSchema)
def get_public_ip(public_ip_id: str) -> flask.Response:
    """Show a public IP and what it leads to."""
    return answer(200, {"public_ip": operations.get_public_ip(services(), public_ip_id)})


@blueprint.put("/<public_ip_id>")
@blueprint.arguments(schemas.PublicIpUpdateEnvelopeSchema)
@blueprint.response(200, AssociatedPublicIpEnvelopeSchema)
def update_public_ip(
    body: dict[str, schemas.PublicIpUpdateBody], public_ip_id: str
) -> flask.Response:
    """Describe a public IP."""
    changed = operations.update_public_ip(services(), public_ip_id, body["public_ip"])
    return answer(200, {"public_ip": changed})


@blueprint.delete("/<public_ip_id>")
@blueprint.response(204)
def delete_public_ip(public_ip_id: str) -> flask.Response:
    """Give a public IP back that leads nowhere."""
    operations.delete_public_ip(services(), public_ip_id)
    return answer(204)


@blueprint.put(_INTERFACE)
@blueprint.response(200, AssociatedPublicIpEnvelopeSchema)
def associate_public_ip(public_ip_id: str, network_interface_id: str) -> flask.Response:
    """Have a public IP lead to a network interface."""
    changed = operations.associate(services(), public_ip_id, network_interface_id)
    return answer(200, {"public_ip": changed})


@blueprint.delete(_INTERFACE)
@blueprint.response(200, AssociatedPublicIpEnvelopeSchema)
def disassociate_public_ip(public_ip_id: str, network_interface_id: str) -> flask.Response:
    """Have a public IP lead nowhere."""
    changed = operations.disassociate(services(), public_ip_id, network_interface_id)
    return answer(200, {"public_ip": changed})
