# SPDX-License-Identifier: Apache-2.0
"""Keypairs."""

from typing import Final

from oslo_policy import policy

from kic_vm.policies import base

DELETE_OF_FORMER_MEMBER: Final = "keypairs:delete_of_former_member"

RULES = [
    base.rule(
        "keypairs:create",
        base.PROJECT_MEMBER,
        "Create or import a keypair.",
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
        "Delete a keypair that the caller created; see also keypairs:delete_of_former_member.",
        ("DELETE", "/api/v1/keypairs/{keypair_name}"),
    ),
]

# Rules that an operation checks in addition to its own rule.
INNER_RULES = [
    policy.RuleDefault(
        f"kic_vm:{DELETE_OF_FORMER_MEMBER}",
        base.PROJECT_ADMIN,
        description="Delete a keypair whose creator may no longer create keypairs in the project.",
    ),
]
