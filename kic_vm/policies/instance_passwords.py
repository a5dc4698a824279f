# SPDX-License-Identifier: Apache-2.0
"""Passwords of instances."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "instance_passwords:get",
        base.PROJECT_MEMBER,
        "Show an instance's encrypted password.",
        ("GET", "/api/v1/instances/{instance_id}/password"),
    ),
]
