"""Keypairs."""

from typing import Final

from oslo_policy import policy

from kic_vm.policies import base

DELETE_OF_FORMER_MEMBER: Final = "keypairs:delete_of_former_member"

RULES = [
    base.rule(
        "keypairs:create",
        base.PROJECT_MEMBER,
        "Make or import a keypair.",
        ("POST", "/api/v1/keypairs"),
    ),
    base.rule("keypairs:list", base.PROJECT_READER, "List keypairs.", ("GET", "/api/v1/keypairs")),
    base.rule(
        "keypairs:get",
        base.PROJECT_READER,
        "Show one keypair.",
        ("GET", "/api/v1/keypairs/{keypair_name}"),
    ),
    base.rule(
        "keypairs:delete",
        base.PROJECT_MEMBER,
        "Delete a keypair; its creator only, or see keypairs:delete_of_former_member.",
        ("DELETE", "/api/v1/keypairs/{keypair_name}"),
    ),
]

# Asked within an operation that another rule guards.
INNER_RULES = [
    policy.RuleDefault(
        f"kic_vm:{DELETE_OF_FORMER_MEMBER}",
        base.PROJECT_ADMIN,
        description="Delete a keypair whose creator may not create keypairs in the project any "
        "more.",
    ),
]
