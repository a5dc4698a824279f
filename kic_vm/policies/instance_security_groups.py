# SPDX-License-Identifier: Apache-2.0
"""Security groups of an instance's network interface."""

from kic_vm.policies import base

_ONE = (
    "/api/v1/instances/{instance_id}/network-interfaces/{network_interface_id}"
    "/security-groups/{security_group_id}"
)

RULES = [
    base.rule(
        "instance_security_groups:attach",
        base.PROJECT_MEMBER,
        "Add a security group to an instance's network interface.",
        ("POST", _ONE),
    ),
    base.rule(
        "instance_security_groups:detach",
        base.PROJECT_MEMBER,
        "Remove a security group from an instance's network interface.",
        ("DELETE", _ONE),
    ),
]
