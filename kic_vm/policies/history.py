# SPDX-License-Identifier: Apache-2.0
"""The history of instances and the usage of the project."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "instance_history:list",
        base.PROJECT_READER,
        "Show the history of an instance, even after its deletion.",
        ("GET", "/api/v1/instances/{instance_id}/history"),
    ),
    base.rule(
        "usage:get",
        base.PROJECT_READER,
        "Show the project's usage.",
        ("GET", "/api/v1/usage"),
    ),
]
