# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of a project."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.networks import network_interfaces as operations
from kic_vm.schemas import instance_network_interfaces as instance_schemas
from kic_vm.schemas import network_interfaces as schemas

blueprint = Blueprint("network-interfaces", __name__, url_prefix="/api/v1/network-interfaces")


@blueprint.post("")
@blueprint.arguments(schemas.NetworkInterfaceCreateEnvelopeSchema)
@blueprint.response(201, instance_schemas.UpdatedNetworkInterfaceEnvelopeSchema)
def create_network_interface(
    body: dict[str, schemas.NetworkInterfaceCreateBody],
) -> flask.Response:
    """Make a network interface in a subnet."""
    created = operations.create_network_interface(services(), body["network_interface"])
    return answer(201, {"network_interface": created})


@blueprint.get("")
@blueprint.arguments(schemas.NetworkInterfaceListQuerySchema, location="query")
@blueprint.response(200, schemas.NetworkInterfacePageSchema)
def list_network_interfaces(query: dict[str, Any]) -> flask.Response:
    """List network interfaces."""
    return page("network_interfaces", operations.list_network_interfaces(services(), query))


@blueprint.get("/<network_interface_id>")
@blueprint.response(200, schemas.NetworkInterfaceEnvelopeSchema)
def get_network_interface(network_interface_id: str) -> flask.Response:
    """Show one network interface."""
    found = operations.get_network_interface(services(), network_interface_id)
    return answer(200, {"network_interface": found})


@blueprint.put("/<network_interface_id>")
@blueprint.arguments(schemas.NetworkInterfaceUpdateEnvelopeSchema)
@blueprint.response(200, instance_schemas.UpdatedNetworkInterfaceEnvelopeSchema)
def update_network_interface(
    body: dict[str, schemas.NetworkInterfaceUpdateBody], network_interface_id: str
) -> flask.Response:
    """Change name, description or security groups of a network interface."""
    updated = operations.update_network_interface(
        services(), network_interface_id, body["network_interface"]
    )
    return answer(200, {"network_interface": updated})


@blueprint.put("/<network_interface_id>/allowed-address-pairs")
@blueprint.arguments(instance_schemas.AllowedAddressesSchema)
@blueprint.response(200, instance_schemas.UpdatedNetworkInterfaceEnvelopeSchema)
def update_allowed_addresses(
    body: dict[str, list[instance_schemas.AllowedAddressBody] | None], network_interface_id: str
) -> flask.Response:
    """Say from which other addresses a network interface may send."""
    updated = operations.update_allowed_addresses(
        services(), network_interface_id, body["allowed_address_pairs"]
    )
    return answer(200, {"network_interface": updated})


@blueprint.delete("/<network_interface_id>")
@blueprint.response(204)
def delete_network_interface(network_interface_id: str) -> flask.Response:
    """Delete a network interface that no instance has."""
    operations.delete_network_interface(services(), network_interface_id)
    return answer(204)
