"""Logs of an instance."""

from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}"

RULES = [
    base.rule(
        "instance_logs:list_actions",
        base.PROJECT_READER,
        "List what was done to an instance.",
        ("GET", f"{_ONE}/action-logs"),
    ),
    base.rule(
        "instance_logs:get_console",
        base.PROJECT_MEMBER,
        "Read an instance's console; as in Nova it is nothing for readers.",
        ("GET", f"{_ONE}/console-logs"),
    ),
]
