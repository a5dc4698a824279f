# SPDX-License-Identifier: Apache-2.0
"""Commands on instances."""

from kic_vm.lifecycle.commands import load_commands
from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}"

RULES = [
    base.rule(
        "instances:act",
        base.PROJECT_MEMBER,
        "Run a command by its name; the command's own rule must allow it too.",
        ("POST", f"{_ONE}/actions"),
    ),
    *(
        base.rule(
            command.rule,
            base.PROJECT_MEMBER,
            command.description,
            ("POST", f"{_ONE}/{command.name}"),
        )
        for command in load_commands().values()
    ),
    base.rule(
        "instances:resize",
        base.PROJECT_MEMBER,
        "Change the flavor of an instance.",
        ("POST", f"{_ONE}/resize"),
    ),
    base.rule(
        "instances:rebuild",
        base.PROJECT_MEMBER,
        "Rebuild the root volume of an instance from an image.",
        ("POST", f"{_ONE}/rebuild"),
    ),
]
