# SPDX-License-Identifier: Apache-2.0
"""Neutron floating IP -> public IP of the contract, as operations on instances show it."""

from typing import Any

from kic_vm.mappings.request_marks import own_description
from kic_vm.mappings.times import utc

JSON = dict[str, Any]


def associated_public_ip(floating_ip: JSON) -> JSON:
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
