# SPDX-License-Identifier: Apache-2.0
"""What must stand in the cloud, beside the recorded project, for an operation to succeed."""

import uuid
from typing import Any, Final

from kic_vm.mappings.networks import FIRST_SUBNET_TAG
from tests.unit.bodies import (
    FREE_PUBLIC_IP,
    GROUP,
    OTHER_GROUP,
    PORT,
    PUBLIC_IP,
    SECOND_PORT,
    SERVER,
    SUBNET,
)
from tests.unit.cloud import Cloud
from tests.unit.populated import show_server
from tests.unit.prepared_networks import PREPARATIONS

JSON = dict[str, Any]

# The state from which each command is possible; the recorded server is active.
_STATES: Final = {
    "start": "stopped",
    "unshelve": "shelved_offloaded",
    "confirm-resize": "resized",
    "revert-resize": "resized",
}

_INTERFACE: Final = "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
_PUBLIC_IP_OF: Final = "/api/v1/public-ips/{public_ip_id}/network-interfaces/{network_interface_id}"
# What Neutron answers, and where.
_ANSWERS: Final[dict[str, tuple[str, JSON]]] = {
    f"DELETE {_INTERFACE}": (
        f"/ports?project_id={PORT['project_id']}&device_id={SERVER['id']}",
        {"ports": [PORT, SECOND_PORT]},
    ),
    f"DELETE {_INTERFACE}/public-ips": (
        f"/floatingips?port_id={PORT['id']}",
        {"floatingips": [PUBLIC_IP]},
    ),
    # The subnet that came with the VPC goes with it.
    "DELETE /api/v1/vpcs/{vpc_id}": (
        "/subnets",
        {"subnets": [SUBNET | {"tags": [FIRST_SUBNET_TAG]}]},
    ),
    f"DELETE {_PUBLIC_IP_OF}": (
        f"/floatingips/{FREE_PUBLIC_IP['id']}",
        {"floatingip": FREE_PUBLIC_IP | {"port_id": PORT["id"]}},
    ),
    f"DELETE {_INTERFACE}/security-groups/{{security_group_id}}": (
        f"/ports/{PORT['id']}",
        {"port": PORT | {"security_groups": [GROUP, OTHER_GROUP]}},
    ),
}


def prepare(cloud: Cloud, operation: str) -> None:
    """Have a populated cloud let an operation succeed.

    :param operation: method and path template
    """
    state = _STATES.get(operation.rpartition("/")[2])
    if state:
        # The gateway remembers each resize that it confirms by the time of its end.
        shown = {"OS-EXT-STS:vm_state": state, "OS-SRV-USG:launched_at": str(uuid.uuid4())}
        cloud.answer(
            "GET",
            "nova",
            f"/servers/{SERVER['id']}",
            lambda request, context: show_server(request, context, **shown),
        )
    if operation in PREPARATIONS:
        PREPARATIONS[operation](cloud)
    if operation in _ANSWERS:
        cloud.answer("GET", "neutron", *_ANSWERS[operation])
