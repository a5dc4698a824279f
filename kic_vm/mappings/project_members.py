"""Keystone's role assignments -> members of a project."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

JSON = dict[str, Any]

# The strongest first.
ROLES: Final = ("admin", "member", "reader")


def members_from_assignments(
    effective: Iterable[JSON], direct: Iterable[JSON], roles: Mapping[str, str]
) -> dict[str, JSON]:
    """The users with a documented role, by id, each with the strongest.

    :param effective: assignments in the project, with what groups, inheritance and implied roles
        bring
    :param direct: those that were made for the user in the project itself
    :param roles: Keystone's role id for each documented role
    """
    documented = {role_id: role for role, role_id in roles.items()}
    given = {
        (one["user"]["id"], documented[one["role"]["id"]])
        for one in direct
        if "user" in one and one["role"]["id"] in documented
    }
    found: dict[str, JSON] = {}
    for one in effective:
        role = documented.get(one["role"]["id"])
        if role is None:
            continue
        user = one["user"]
        known = found.get(user["id"])
        if known is None or ROLES.index(role) < ROLES.index(known["role"]):
            found[user["id"]] = {
                "user_id": user["id"],
                "user_name": user["name"],
                "domain_id": user["domain"]["id"],
                "role": role,
            }
    for user_id, member in found.items():
        member["is_direct"] = (user_id, member["role"]) in given
    return found
