# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of an instance."""

from kic_vm.policies import base

_ALL = "/api/v1/instances/{instance_id}/network-interfaces"
_ONE = f"{_ALL}/{{network_interface_id}}"

RULES = [
    base.rule(
        "instance_network_interfaces:list",
        base.PROJECT_READER,
        "List an instance's network interfaces.",
        ("GET", _ALL),
    ),
    base.rule(
        "instance_network_interfaces:attach",
        base.PROJECT_MEMBER,
        "Attach a network interface to an instance.",
        ("POST", _ONE),
    ),
    base.rule(
        "instance_network_interfaces:detach",
        base.PROJECT_MEMBER,
        "Detach a network interface from an instance.",
        ("DELETE", _ONE),
    ),
    base.rule(
        "instance_network_interfaces:update_allowed_addresses",
        base.PROJECT_MEMBER,
        "Set the allowed address pairs of an instance's network interface.",
        ("PUT", f"{_ONE}/allowed-address-pairs"),
    ),
]
