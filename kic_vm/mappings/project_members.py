# SPDX-License-Identifier: Apache-2.0
"""Keystone's role assignments -> members of a project."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

JSON = dict[str, Any]

# The strongest role first.
ROLES: Final = ("admin", "member", "reader")


def members_from_assignments(
    effective: Iterable[JSON], direct: Iterable[JSON], roles: Mapping[str, str]
) -> dict[str, JSON]:
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
    members: dict[str, JSON] = {}
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
            }
    for user_id, member in members.items():
        member["is_direct"] = (user_id, member["role"]) in direct_roles
    return members
