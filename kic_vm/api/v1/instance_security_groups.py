# SPDX-License-Identifier: Apache-2.0
"""Security groups of an instance's network interface."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.instances import security_groups as operations
from kic_vm.schemas import instance_security_groups as schemas

blueprint = Blueprint(
    "instance-security-groups",
    __name__,
    url_prefix="/api/v1/instances/<instance_id>/network-interfaces/<network_interface_id>"
    "/security-groups/<security_group_id>",
)


@blueprint.post("")
@blueprint.response(200, schemas.SecurityGroupIdsEnvelopeSchema)
def attach_security_group(
    instance_id: str, network_interface_id: str, security_group_id: str
) -> flask.Response:
    """Put an instance's network interface into a security group."""
    ids = operations.attach(services(), instance_id, network_interface_id, security_group_id)
    return answer(200, {"security_group": {"ids": ids}})


@blueprint.delete("")
@blueprint.response(200, schemas.SecurityGroupIdsEnvelopeSchema)
def detach_security_group(
    instance_id: str, network_interface_id: str, security_group_id: str
) -> flask.Response:
    """Take an instance's network interface out of a security group."""
    ids = operations.detach(services(), instance_id, network_interface_id, security_group_id)
    return answer(200, {"security_group": {"ids": ids}})
