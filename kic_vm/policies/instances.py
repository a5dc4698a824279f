# SPDX-License-Identifier: Apache-2.0
"""Instances."""

from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}"

RULES = [
    base.rule(
        "instances:create", base.PROJECT_MEMBER, "Create instances.", ("POST", "/api/v1/instances")
    ),
    base.rule(
        "instances:list", base.PROJECT_READER, "List instances.", ("GET", "/api/v1/instances")
    ),
    base.rule("instances:get", base.PROJECT_READER, "Show one instance.", ("GET", _ONE)),
    base.rule("instances:update", base.PROJECT_MEMBER, "Update an instance.", ("PUT", _ONE)),
    base.rule("instances:delete", base.PROJECT_MEMBER, "Delete an instance.", ("DELETE", _ONE)),
]
