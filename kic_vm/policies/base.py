# SPDX-License-Identifier: Apache-2.0
"""The roles of a project, and the function that defines a rule."""

from typing import Final

from oslo_policy import policy

# A check string that allows every caller, with or without a token.
PUBLIC: Final = "@"
PROJECT_ADMIN: Final = "rule:project_admin"
PROJECT_MEMBER: Final = "rule:project_member"
PROJECT_READER: Final = "rule:project_reader"

# Operators choose the Keystone role for each documented role: they override these three rules in
# the policy file.
RULES: Final = [
    policy.RuleDefault(
        "project_admin",
        "role:manager",
        description="Project admin, as documented: Keystone's manager role.",
    ),
    policy.RuleDefault(
        "project_member",
        "role:member or rule:project_admin",
        description="Project member, as documented.",
    ),
    policy.RuleDefault(
        "project_reader",
        "role:reader or rule:project_member",
        description="Project reader: may read all resources that members can use.",
    ),
]


def rule(
    name: str, check: str, description: str, *operations: tuple[str, str]
) -> policy.DocumentedRuleDefault:
    """One rule.

    :param name: ``resource:verb``, without the service's prefix
    :param operations: the method and path of each operation that the rule guards; each operation
        has exactly one rule
    """
    return policy.DocumentedRuleDefault(
        f"kic_vm:{name}",
        check,
        description,
        [{"method": method, "path": path} for method, path in operations],
    )
