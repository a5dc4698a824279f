# SPDX-License-Identifier: Apache-2.0
"""Public IPs of an instance's network interface."""

from typing import Any

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.instances import public_ips as operations
from kic_vm.schemas import instance_public_ips as schemas

blueprint = Blueprint(
    "instance-public-ips",
    __name__,
    url_prefix="/api/v1/instances/<instance_id>/network-interfaces/<network_interface_id>/public-ips",
)


@blueprint.post("")
@blueprint.response(200, schemas.AssociatedPublicIpEnvelopeSchema)
def associate_new_public_ip(instance_id: str, network_interface_id: str) -> flask.Response:
    """Give an instance's network interface a new public IP."""
    made = operations.associate_new(services(), instance_id, network_interface_id)
    return answer(200, {"public_ip": made})


@blueprint.put("/<public_ip_id>")
@blueprint.response(200, schemas.AssociatedPublicIpEnvelopeSchema)
def associate_public_ip(
    instance_id: str, network_interface_id: str, public_ip_id: str
) -> flask.Response:
    """Give an instance's network interface one of the project's public IPs."""
    associated = operations.associate(services(), instance_id, network_interface_id, public_ip_id)
    return answer(200, {"public_ip": associated})


@blueprint.delete("")
@blueprint.arguments(schemas.PublicIpRemoveQuerySchema, location="query")
@blueprint.response(200, schemas.AssociatedPublicIpEnvelopeSchema)
def remove_public_ip(
    query: dict[str, Any], instance_id: str, network_interface_id: str
) -> flask.Response:
    """Take the public IP off an instance's network interface; it is kept or deleted."""
    removed = operations.remove(
        services(), instance_id, network_interface_id, is_delete=query["is_delete"]
    )
    return answer(200, {"public_ip": removed})
