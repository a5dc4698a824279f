# SPDX-License-Identifier: Apache-2.0
"""Passwords of instances."""

import flask

from kic_vm.api.blueprint import Blueprint, answer, services
from kic_vm.operations.instances import passwords as operations
from kic_vm.schemas import instance_passwords as schemas

blueprint = Blueprint(
    "instance-passwords", __name__, url_prefix="/api/v1/instances/<instance_id>/password"
)


@blueprint.get("")
@blueprint.response(200, schemas.InstancePasswordSchema)
def get_instance_password(instance_id: str) -> flask.Response:
    """Show an instance's password, encrypted with the public key of its keypair."""
    return answer(200, {"password": operations.get_password(services(), instance_id)})
