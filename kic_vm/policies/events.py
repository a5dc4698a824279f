# SPDX-License-Identifier: Apache-2.0
"""Events."""

from kic_vm.policies import base

RULES = [
    base.rule(
        "events:list",
        base.PROJECT_READER,
        "List the state changes of the project's instances and volumes.",
        ("GET", "/api/v1/events"),
    ),
]
