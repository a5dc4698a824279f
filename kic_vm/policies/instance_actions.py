"""Commands on instances."""

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
            f"instances:{verb}",
            base.PROJECT_MEMBER,
            description,
            ("POST", f"{_ONE}/{verb.replace('_', '-')}"),
        )
        for verb, description in (
            ("start", "Start a stopped instance, or unshelve a terminated one."),
            ("stop", "Stop an instance."),
            ("soft_reboot", "Reboot an instance."),
            ("hard_reboot", "Force an instance to reboot."),
            ("shelve", "Terminate an instance: release its resources but keep the instance."),
            ("unshelve", "Restore a terminated instance."),
            ("resize", "Change the flavor of an instance."),
            ("rebuild", "Rebuild the root volume of an instance from an image."),
            ("confirm_resize", "Confirm a resize, also automatically when reading the instance."),
            ("revert_resize", "Revert a resize that waits for confirmation."),
        )
    ),
]
