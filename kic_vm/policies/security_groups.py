"""Security groups and their rules."""

from kic_vm.policies import base

_ALL = "/api/v1/security-groups"
_ONE = f"{_ALL}/{{security_group_id}}"
_RULES = f"{_ONE}/rules"

RULES = [
    base.rule("security_groups:create", base.PROJECT_MEMBER, "Make a group.", ("POST", _ALL)),
    base.rule("security_groups:list", base.PROJECT_READER, "List groups.", ("GET", _ALL)),
    base.rule("security_groups:get", base.PROJECT_READER, "Show one group.", ("GET", _ONE)),
    base.rule(
        "security_groups:update", base.PROJECT_MEMBER, "Rename or describe a group.", ("PUT", _ONE)
    ),
    base.rule("security_groups:delete", base.PROJECT_MEMBER, "Delete a group.", ("DELETE", _ONE)),
    base.rule("security_groups:create_rule", base.PROJECT_MEMBER, "Add a rule.", ("POST", _RULES)),
    base.rule(
        "security_groups:delete_rule",
        base.PROJECT_MEMBER,
        "Delete a rule.",
        ("DELETE", f"{_RULES}/{{security_group_rule_id}}"),
    ),
]
