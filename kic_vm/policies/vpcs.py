# SPDX-License-Identifier: Apache-2.0
"""VPCs."""

from kic_vm.policies import base

_ALL = "/api/v1/vpcs"
_ONE = f"{_ALL}/{{vpc_id}}"


RULES = [
    base.rule(
        "vpcs:create",
        base.PROJECT_MEMBER,
        "Create a VPC.",
        ("POST", _ALL),
    ),
    base.rule(
        "vpcs:list",
        base.PROJECT_READER,
        "List VPCs.",
        ("GET", _ALL),
    ),
    base.rule(
        "vpcs:get",
        base.PROJECT_READER,
        "Show one VPC.",
        ("GET", _ONE),
    ),
    base.rule(
        "vpcs:update",
        base.PROJECT_MEMBER,
        "Update a VPC.",
        ("PUT", _ONE),
    ),
    base.rule(
        "vpcs:delete",
        base.PROJECT_MEMBER,
        "Delete a VPC.",
        ("DELETE", _ONE),
    ),
]
