# SPDX-License-Identifier: Apache-2.0
"""Snapshots of volumes."""

from kic_vm.policies import base

_ALL = "/api/v1/snapshots"
_ONE = "/api/v1/snapshots/{snapshot_id}"

RULES = [
    base.rule(
        "snapshots:create",
        base.PROJECT_MEMBER,
        "Create a snapshot of a volume.",
        ("POST", "/api/v1/volumes/{volume_id}/snapshots"),
    ),
    base.rule("snapshots:list", base.PROJECT_READER, "List snapshots.", ("GET", _ALL)),
    base.rule("snapshots:get", base.PROJECT_READER, "Show one snapshot.", ("GET", _ONE)),
    base.rule("snapshots:update", base.PROJECT_MEMBER, "Update a snapshot.", ("PUT", _ONE)),
    base.rule("snapshots:delete", base.PROJECT_MEMBER, "Delete a snapshot.", ("DELETE", _ONE)),
    base.rule(
        "snapshots:restore",
        base.PROJECT_MEMBER,
        "Create a volume from a snapshot.",
        ("POST", f"{_ONE}/restore"),
    ),
]
