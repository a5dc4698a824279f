# SPDX-License-Identifier: Apache-2.0
"""Keystone's users, roles and role assignments on the wire."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from tests.unit import personas
from tests.unit.bodies import error
from tests.unit.cloud import URLS, Cloud, Request, validate_token

JSON = dict[str, Any]

ADMIN: Final = "0" * 32  # the persona admin
COLLEAGUE: Final = "c" * 32
NEWCOMER: Final = "d" * 32
BY_GROUP: Final = "e" * 32
OPERATOR: Final = "4" * 32  # the persona operator-here
DOMAIN: Final = "d11bec26a5f64a47b48922963fd3beb6"
ROLES: Final = {"manager": "1" * 32, "member": "2" * 32, "reader": "3" * 32, "service": "4" * 32}
_IMPLIED: Final = {
    "manager": ["manager", "member", "reader"],
    "member": ["member", "reader"],
    "reader": ["reader"],
    "service": ["service"],
}
_GRANT: Final = re.compile(
    rf"{URLS['keystone']}/projects/(?P<project>\w+)/users/(?P<user>\w+)/roles/(?P<role>\w+)$"
)


def answer_about_tokens(cloud: Cloud, roles_of: Callable[[str, str], Iterable[str] | None]) -> None:
    """Have Keystone compute the roles of a token anew; a token without roles is not valid.

    :param roles_of: the roles of a user in a project, both by id; None for those in the token
    """

    def validate(request: Request, context: Any) -> JSON:
        found = validate_token(request, context)
        token = found.get("token", {})
        persona = personas.persona_of(request.headers["X-Subject-Token"])
        if persona == personas.GATEWAY or "project" not in token:
            return found
        roles = roles_of(token["project"]["id"], token["user"]["id"])
        if roles is None:
            return found
        named = [{"id": role, "name": role} for role in roles]
        if named:
            return {"token": token | {"roles": named}}
        recorded = error("keystone_404_token")
        context.status_code = recorded["status"]
        answer: JSON = recorded["json"]
        return answer

    cloud.answer("GET", "keystone", "/auth/tokens?nocatalog", validate)


class KeystoneMembers:
    """Who has which role in the recorded project; one has it by a group."""

    def __init__(self, cloud: Cloud) -> None:
        self.users = {
            ADMIN: "ada",
            COLLEAGUE: "carl",
            NEWCOMER: "dora",
            BY_GROUP: "gert",
            personas.USER: "user",
            OPERATOR: "olga",
        }
        self.granted = {
            (ADMIN, "manager"),
            (COLLEAGUE, "member"),
            (personas.USER, "member"),
            (NEWCOMER, "service"),
        }
        self.by_group = {(BY_GROUP, "reader")}
        self.by_federation: set[tuple[str, str]] = set()  # in tokens, and in no list
        cloud.answer("GET", "keystone", "/roles", {"roles": [self._named(r) for r in ROLES]})
        cloud.answer("GET", "keystone", "/role_assignments?include_names=true", self._assignments)
        cloud.answer("GET", "keystone", "/users", self._find)
        for user_id in self.users:
            cloud.answer("GET", "keystone", f"/users/{user_id}", {"user": self._user(user_id)})
        cloud.answer_pattern("PUT", _GRANT, self._grant)
        cloud.answer_pattern("DELETE", _GRANT, self._revoke)
        answer_about_tokens(cloud, self._roles_of)

    def _roles_of(self, project_id: str, user_id: str) -> set[str] | None:
        if project_id != personas.PROJECT:
            return None
        every = self.granted | self.by_group | self.by_federation
        return {implied for user, role in every if user == user_id for implied in _IMPLIED[role]}

    @staticmethod
    def _named(role: str) -> JSON:
        return {"id": ROLES[role], "name": role}

    def _user(self, user_id: str) -> JSON:
        return {"id": user_id, "name": self.users[user_id], "domain_id": DOMAIN}

    def _assignments(self, request: Request, _context: Any) -> JSON:
        every = set(self.granted)
        if "effective" in request.url:
            every = {
                (user, implied)
                for user, role in every | self.by_group
                for implied in _IMPLIED[role]
            }
        return {
            "role_assignments": [
                {
                    "user": {
                        "id": user,
                        "name": self.users[user],
                        "domain": {"id": DOMAIN, "name": "demo"},
                    },
                    "role": self._named(role),
                    "scope": {"project": {"id": personas.PROJECT}},
                }
                for user, role in sorted(every)
            ]
        }

    def _find(self, request: Request, _context: Any) -> JSON:
        assert request.qs["domain_id"] == [DOMAIN]
        found = [one for one, name in self.users.items() if [name] == request.qs["name"]]
        return {"users": [self._user(user_id) for user_id in found]}

    def _change(self, request: Request, context: Any) -> tuple[str, str]:
        match = _GRANT.match(request.url)
        assert match is not None
        assert match["project"] == personas.PROJECT
        context.status_code = 204
        (role,) = (name for name, role_id in ROLES.items() if role_id == match["role"])
        return match["user"], role

    def _grant(self, request: Request, context: Any) -> JSON:
        self.granted.add(self._change(request, context))
        return {}

    def _revoke(self, request: Request, context: Any) -> JSON:
        change = self._change(request, context)
        if change not in self.granted:
            missing = error("keystone_404_role")
            context.status_code = missing["status"]
            answer: JSON = missing["json"]
            return answer
        self.granted.discard(change)
        return {}
