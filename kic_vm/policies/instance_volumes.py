# SPDX-License-Identifier: Apache-2.0
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
        "Update an attached volume, including is_delete_on_termination.",
        ("PUT", _ONE),
    ),
    base.rule(
        "instance_volumes:detach",
        base.PROJECT_MEMBER,
        "Detach a volume from an instance.",
        ("DELETE", _ONE),
    ),
]
