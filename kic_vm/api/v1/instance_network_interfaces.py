# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, page, services
from kic_vm.operations.instances import interfaces as operations
from kic_vm.schemas import instance_network_interfaces as schemas

blueprint = Blueprint(
    "instance-network-interfaces",
    __name__,
    url_prefix="/api/v1/instances/<instance_id>/network-interfaces",
)


@blueprint.get("")
@blueprint.response(200, schemas.InstanceNetworkInterfacePageSchema)
def list_instance_network_interfaces(instance_id: str) -> flask.Response:
    """List an instance's network interfaces, the primary one first."""
    result = operations.list_network_interfaces(services(), instance_id)
    return page("network_interfaces", result)


@blueprint.post("/<network_interface_id>")
@blueprint.response(200, schemas.AttachedNetworkInterfaceEnvelopeSchema)
def attach_network_interface(instance_id: str, network_interface_id: str) -> flask.Response:
    """Attach a network interface to an instance."""
    attached = operations.attach_network_interface(services(), instance_id, network_interface_id)
    return answer(200, {"network_interface": attached})


@blueprint.delete("/<network_interface_id>")
@blueprint.response(202)
def detach_network_interface(instance_id: str, network_interface_id: str) -> flask.Response:
    """Detach a network interface from an instance; the primary one stays."""
    operations.detach_network_interface(services(), instance_id, network_interface_id)
    return answer(202)


@blueprint.put("/<network_interface_id>/allowed-address-pairs")
@blueprint.arguments(schemas.AllowedAddressesSchema)
@blueprint.response(200, schemas.UpdatedNetworkInterfaceEnvelopeSchema)
def update_network_interface_allowed_addresses(
    body: dict[str, list[schemas.AllowedAddressBody] | None],
    instance_id: str,
    network_interface_id: str,
) -> flask.Response:
    """Say from which other addresses an instance's network interface may send."""
    updated = operations.update_allowed_addresses(
        services(), instance_id, network_interface_id, body["allowed_address_pairs"]
    )
    return answer(200, {"network_interface": updated})
