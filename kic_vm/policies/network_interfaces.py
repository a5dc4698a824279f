# SPDX-License-Identifier: Apache-2.0
"""Network interfaces of a project."""

from kic_vm.policies import base

_ALL = "/api/v1/network-interfaces"
_ONE = f"{_ALL}/{{network_interface_id}}"


RULES = [
    base.rule(
        "network_interfaces:create",
        base.PROJECT_MEMBER,
        "Create a network interface.",
        ("POST", _ALL),
    ),
    base.rule(
        "network_interfaces:list",
        base.PROJECT_READER,
        "List network interfaces.",
        ("GET", _ALL),
    ),
    base.rule(
        "network_interfaces:get",
        base.PROJECT_READER,
        "Show one network interface.",
        ("GET", _ONE),
    ),
    base.rule(
        "network_interfaces:update",
        base.PROJECT_MEMBER,
        "Update a network interface.",
        ("PUT", _ONE),
    ),
    base.rule(
        "network_interfaces:update_allowed_addresses",
        base.PROJECT_MEMBER,
        "Set the allowed address pairs of a network interface.",
        ("PUT", f"{_ONE}/allowed-address-pairs"),
    ),
    base.rule(
        "network_interfaces:delete",
        base.PROJECT_MEMBER,
        "Delete a network interface.",
        ("DELETE", _ONE),
    ),
]
