# SPDX-License-Identifier: Apache-2.0
"""Who calls: a token for each persona, and what Keystone says when it is asked about it."""

import copy
from typing import Any, Final

from tests.unit.bodies import body

JSON = dict[str, Any]

# Every secret of these tests has this word in it; no log line ever may.
SECRET: Final = "s3cr3t"

_MEMBER: Final[JSON] = body("token")["token"]
PROJECT: Final[str] = _MEMBER["project"]["id"]
USER: Final[str] = _MEMBER["user"]["id"]
OTHER_PROJECT: Final = "072c3024d2df41bd9136ad2816e57d16"
OTHER_USER: Final = "7ac1021c77ff4a728736e7a9e0f6c57a"

_ELSEWHERE: Final = {"id": OTHER_PROJECT, "name": "other", "domain": _MEMBER["project"]["domain"]}
_ROLES: Final = ["reader", "member", "manager", "admin"]


def _token(*roles: str, **changes: Any) -> JSON:
    """A validated token; what is changed to None is left out."""
    token = {**copy.deepcopy(_MEMBER), "roles": [{"id": role, "name": role} for role in roles]}
    return {"token": {key: value for key, value in (token | changes).items() if value is not None}}


def _user(user_id: str) -> JSON:
    user: JSON = _MEMBER["user"] | {"id": user_id, "name": f"name of {user_id}"}
    return user


_LIMITED: Final = {
    "id": "4a5572aebba7454c9c1972a2f115c708",
    "name": "looks at flavors only",
    "restricted": True,
    "access_rules": [
        {"id": "1", "service": "kic-vm", "method": "GET", "path": "/api/v1/flavors"},
    ],
}

# Persona -> Keystone's answer; None for a token that Keystone does not know.
TOKENS: Final[dict[str, JSON | None]] = {
    "admin": _token("reader", "member", "manager", user=_user("0" * 32)),
    "member": _token("reader", "member"),
    "colleague": _token("reader", "member", user=_user("1" * 32)),
    "reader": _token("reader", user=_user("2" * 32)),
    "no-role-of-ours": _token("auditor", user=_user("3" * 32)),
    "other": _token("reader", "member", project=_ELSEWHERE, user=_user(OTHER_USER)),
    "operator": _token(*_ROLES, project=_ELSEWHERE, user=_user("4" * 32)),
    "operator-here": _token(*_ROLES, user=_user("4" * 32)),
    "bare-cloud-admin": _token("admin", user=_user("5" * 32)),
    "unscoped": _token(project=None, catalog=None),
    "system": _token(*_ROLES, project=None, system={"all": True}),
    "expired": _token("reader", "member", expires_at="2020-01-01T00:00:00.000000Z"),
    "limited": _token("reader", "member", application_credential=_LIMITED),
    "unknown": None,
}
SEES_PROJECT: Final = {
    "admin",
    "member",
    "colleague",
    "reader",
    "operator",
    "operator-here",
    "limited",
}
GATEWAY: Final = "gateway"


def token_of(persona: str) -> str:
    """The persona's token."""
    return f"{SECRET}-token-of-{persona}"


def persona_of(token: str) -> str:
    """Whose token it is."""
    return token.removeprefix(f"{SECRET}-token-of-")
