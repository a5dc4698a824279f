"""Commands on instances."""

from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}"

RULES = [
    base.rule(
        "instances:act",
        base.PROJECT_MEMBER,
        "Give a command by its name; the rule of that command is asked too.",
        ("POST", f"{_ONE}/actions"),
    ),
    *(
        base.rule(
            f"instances:{verb}",
            base.PROJECT_MEMBER,
            description,
            ("POST", f"{_ONE}/{verb.replace('_', '-')}"),
        )
        for verb, description in (
            ("start", "Start a stopped instance, or bring a terminated one back."),
            ("stop", "Stop an instance."),
            ("soft_reboot", "Restart an instance."),
            ("hard_reboot", "Force an instance to restart."),
            ("shelve", "Terminate an instance: give its resources back and keep it."),
            ("unshelve", "Bring a terminated instance back."),
            ("resize", "Change the flavor of an instance."),
            ("rebuild", "Write an image over the root volume of an instance."),
            ("confirm_resize", "Complete a resize; also by looking, where it confirms itself."),
            ("revert_resize", "Undo a resize that waits for confirmation."),
        )
    ),
]
