"""The roles of a project, and how rules are written down."""

from typing import Final

from oslo_policy import policy

# A check string that lets everyone in, with or without a token.
PUBLIC: Final = "@"
PROJECT_ADMIN: Final = "rule:project_admin"
PROJECT_MEMBER: Final = "rule:project_member"
PROJECT_READER: Final = "rule:project_reader"

# Which Keystone role stands behind each documented one is an operator's choice: override these
# three in the policy file.
RULES: Final = [
    policy.RuleDefault(
        "project_admin",
        "role:manager",
        description="Project admin, as documented: Keystone's role manager.",
    ),
    policy.RuleDefault(
        "project_member",
        "role:member or rule:project_admin",
        description="Project member, as documented.",
    ),
    policy.RuleDefault(
        "project_reader",
        "role:reader or rule:project_member",
        description="May look at everything that members work with.",
    ),
]


def rule(
    name: str, check: str, description: str, *operations: tuple[str, str]
) -> policy.DocumentedRuleDefault:
    """One rule.

    :param name: ``resource:verb``; the service's name is put before it
    :param operations: the method and path of each operation it guards; one operation has
        exactly one rule
    """
    return policy.DocumentedRuleDefault(
        f"kic_vm:{name}",
        check,
        description,
        [{"method": method, "path": path} for method, path in operations],
    )
