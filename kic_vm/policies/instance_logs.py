# SPDX-License-Identifier: Apache-2.0
"""Logs of an instance."""

from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}"

RULES = [
    base.rule(
        "instance_logs:list_actions",
        base.PROJECT_READER,
        "List the actions of an instance.",
        ("GET", f"{_ONE}/action-logs"),
    ),
    base.rule(
        "instance_logs:get_console",
        base.PROJECT_MEMBER,
        "Show an instance's console log; as in Nova, readers may not.",
        ("GET", f"{_ONE}/console-logs"),
    ),
]
