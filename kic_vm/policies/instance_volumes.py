"""Volumes of an instance."""

from kic_vm.policies import base

_ONE = "/api/v1/instances/{instance_id}/volumes/{volume_id}"

RULES = [
    base.rule(
        "instance_volumes:attach",
        base.PROJECT_MEMBER,
        "Attach a volume to an instance.",
        ("POST", _ONE),
    ),
    base.rule(
        "instance_volumes:update",
        base.PROJECT_MEMBER,
        "Change an attached volume, and whether it goes with the instance.",
        ("PUT", _ONE),
    ),
    base.rule(
        "instance_volumes:detach",
        base.PROJECT_MEMBER,
        "Detach a volume from an instance.",
        ("DELETE", _ONE),
    ),
]
