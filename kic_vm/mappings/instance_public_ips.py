# SPDX-License-Identifier: Apache-2.0
"""Neutron floating IP -> public IP of the contract, as operations on instances show it."""

from typing import TypedDict

from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.times import utc
from kic_vm.resources.network import FloatingIP


class AssociatedPublicIpView(TypedDict):
    """A public IP in the response to a change; see AssociatedPublicIpSchema."""

    id: str
    description: str
    status: str
    project_id: str
    public_ip: str
    private_ip: str | None
    created_at: str
    updated_at: str


def associated_public_ip(floating_ip: FloatingIP) -> AssociatedPublicIpView:
    """The contract's public IP in the response to a change of its association.

    Its status says whether it is associated; Neutron's own status describes the data path, and is
    updated late.
    """
    return {
        "id": floating_ip["id"],
        "description": own_description(floating_ip["description"]),
        "status": "in_use" if floating_ip["port_id"] else "available",
        "project_id": floating_ip["project_id"],
        "public_ip": floating_ip["floating_ip_address"],
        "private_ip": floating_ip["fixed_ip_address"],
        "created_at": utc(floating_ip["created_at"]),
        "updated_at": utc(floating_ip["updated_at"]),
    }
