# SPDX-License-Identifier: Apache-2.0
"""Keystone's role assignments -> members of a project."""

from collections.abc import Iterable, Mapping
from typing import Final, TypedDict

from kic_vm.resources.identity import RoleAssignment

# The strongest role first.
ROLES: Final = ("admin", "member", "reader")


class MemberView(TypedDict):
    """A member of a project; see MemberSchema."""

    user_id: str
    user_name: str
    domain_id: str
    role: str
    is_direct: bool


def members_from_assignments(
    effective: Iterable[RoleAssignment],
    direct: Iterable[RoleAssignment],
    roles: Mapping[str, str],
) -> dict[str, MemberView]:
    """The users with a documented role, by id, each with the strongest role.

    :param effective: the assignments in the project, including those by groups, inheritance and
        implied roles
    :param direct: the assignments for users in the project itself
    :param roles: Keystone's role id for each documented role
    """
    documented = {role_id: role for role, role_id in roles.items()}
    direct_roles = {
        (assignment["user"]["id"], documented[assignment["role"]["id"]])
        for assignment in direct
        if "user" in assignment and assignment["role"]["id"] in documented
    }
    members: dict[str, MemberView] = {}
    for assignment in effective:
        role = documented.get(assignment["role"]["id"])
        if role is None:
            continue
        user = assignment["user"]
        member = members.get(user["id"])
        if member is None or ROLES.index(role) < ROLES.index(member["role"]):
            members[user["id"]] = {
                "user_id": user["id"],
                "user_name": user["name"],
                "domain_id": user["domain"]["id"],
                "role": role,
                "is_direct": (user["id"], role) in direct_roles,
            }
    return members
