# SPDX-License-Identifier: Apache-2.0
"""Security groups and their rules."""

from kic_vm.policies import base

_ALL = "/api/v1/security-groups"
_ONE = f"{_ALL}/{{security_group_id}}"
_RULES = f"{_ONE}/rules"

RULES = [
    base.rule(
        "security_groups:create", base.PROJECT_MEMBER, "Create a security group.", ("POST", _ALL)
    ),
    base.rule("security_groups:list", base.PROJECT_READER, "List security groups.", ("GET", _ALL)),
    base.rule(
        "security_groups:get", base.PROJECT_READER, "Show one security group.", ("GET", _ONE)
    ),
    base.rule(
        "security_groups:update", base.PROJECT_MEMBER, "Update a security group.", ("PUT", _ONE)
    ),
    base.rule(
        "security_groups:delete", base.PROJECT_MEMBER, "Delete a security group.", ("DELETE", _ONE)
    ),
    base.rule(
        "security_groups:create_rule",
        base.PROJECT_MEMBER,
        "Add a security group rule.",
        ("POST", _RULES),
    ),
    base.rule(
        "security_groups:delete_rule",
        base.PROJECT_MEMBER,
        "Delete a security group rule.",
        ("DELETE", f"{_RULES}/{{security_group_rule_id}}"),
    ),
]
