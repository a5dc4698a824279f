# SPDX-License-Identifier: Apache-2.0
"""Nova's keypairs and Keystone's role assignments on the wire: each user has their own."""

import hashlib
import re
from typing import Any, Final

from tests.unit import personas
from tests.unit.bodies import body, error
from tests.unit.cloud import URLS, Cloud, Request
from tests.unit.keystone_members import OPERATOR, ROLES, answer_about_tokens

JSON = dict[str, Any]

_ONE = re.compile(r"http://nova\.test/v2\.1/os-keypairs/([^/?]+)")
_USER = re.compile(rf"{URLS['keystone']}/users/([^/?]+)$")
# Who has roles in a project. A role that is not among the cloud's is one of another domain's.
_ROLES: Final = ROLES | {"auditor": "5" * 32}
_OF_USERS: Final = {
    "0" * 32: ["manager", "member", "reader"],
    "2" * 32: ["reader"],
    "3" * 32: ["auditor"],
}
MEMBERS = {
    personas.PROJECT: ["0" * 32, personas.USER, "1" * 32, "2" * 32, "3" * 32],
    personas.OTHER_PROJECT: [personas.OTHER_USER, "4" * 32],
}


class NovaKeypairs:
    """What Nova has, by user and name; the recorded keypair is there from the beginning."""

    def __init__(self, cloud: Cloud) -> None:
        self._numbers = iter(range(100, 1000))
        self.members = {project: list(users) for project, users in MEMBERS.items()}
        self.roles = dict(_OF_USERS)  # of the users of all projects; others are members
        # Roles by trust or federation: in tokens, and in no list.
        self.of_tokens = {OPERATOR: ["manager", "member", "reader"]}
        self.federated: set[str] = set()  # users of an identity provider
        self.removed_users: set[str] = set()  # users whom Keystone does not have any more
        recorded = body("keypair")["keypair"]
        self.owned: dict[tuple[str, str], JSON] = {(personas.USER, recorded["name"]): recorded}
        cloud.answer("GET", "keystone", "/role_assignments", self._assignments)
        roles = [{"id": role_id, "name": name} for name, role_id in ROLES.items()]
        cloud.answer("GET", "keystone", "/roles", {"roles": roles})
        answer_about_tokens(cloud, self._roles_of)
        cloud.answer_pattern("GET", _USER, self._user)
        cloud.answer("GET", "nova", "/os-keypairs", self._list)
        cloud.answer("POST", "nova", "/os-keypairs", self._create)
        cloud.answer_pattern("GET", _ONE, self._get)
        cloud.answer_pattern("DELETE", _ONE, self._delete)

    def add(self, user_id: str, name: str, public_key: str = "ssh-ed25519 AAAA test") -> JSON:
        """A keypair that a user has."""
        same = [one for one in self.owned.values() if one["public_key"] == public_key]
        fingerprint = hashlib.sha256(public_key.encode()).hexdigest()[:32]
        keypair = {
            "id": next(self._numbers),
            "name": name,
            "user_id": user_id,
            "public_key": public_key,
            "fingerprint": same[0]["fingerprint"] if same else fingerprint,
            "type": "ssh",
            "created_at": "2026-11-24T00:00:00.000000",
        }
        self.owned[user_id, name] = keypair
        return keypair

    def names(self, user_id: str) -> list[str]:
        """The names of a user's keypairs."""
        return [name for owner, name in self.owned if owner == user_id]

    def _assignments(self, request: Request, _context: Any) -> JSON:
        wanted = request.qs.get("scope.project.id", list(self.members))
        return {
            "role_assignments": [
                {
                    "user": {"id": user},
                    "role": {"id": _ROLES[role]},
                    "scope": {"project": {"id": project}},
                }
                for project in wanted
                for user in self.members.get(project, ())
                for role in self._roles_of(project, user)
            ]
        }

    def _roles_of(self, project_id: str, user_id: str) -> list[str]:
        if user_id in self.members.get(project_id, ()):
            return self.roles.get(user_id, ["member", "reader"])
        return self.of_tokens.get(user_id, [])

    def _user(self, request: Request, context: Any) -> JSON:
        match = _USER.match(request.url)
        assert match
        user_id = match.group(1)
        if user_id in self.removed_users:
            context.status_code = 404
            return {"error": {"code": 404, "message": f"Could not find user: {user_id}."}}
        user: JSON = {"id": user_id, "name": "somebody", "domain_id": "default"}
        if user_id in self.federated:
            user["federated"] = [{"idp_id": "idp", "protocols": []}]
        return {"user": user}

    def _owner(self, request: Request) -> str:
        persona = personas.persona_of(request.headers["X-Auth-Token"])
        if persona == personas.GATEWAY:
            user_id: str = request.qs["user_id"][0]
            return user_id
        token = personas.TOKENS[persona]
        assert token is not None
        assert "user_id" not in request.qs, "only cloud admins look at others' keypairs"
        owner: str = token["token"]["user"]["id"]
        return owner

    def _list(self, request: Request, _context: Any) -> JSON:
        owner = self._owner(request)
        shown = ("name", "public_key", "fingerprint", "type")
        return {
            "keypairs": [
                {"keypair": {field: keypair[field] for field in shown}}
                for (user_id, _name), keypair in self.owned.items()
                if user_id == owner
            ]
        }

    def _get(self, request: Request, context: Any) -> JSON:
        key = (self._owner(request), _name_in(request))
        return {"keypair": self.owned[key]} if key in self.owned else _refuse_unknown(context, *key)

    def _delete(self, request: Request, context: Any) -> JSON:
        key = (self._owner(request), _name_in(request))
        if key not in self.owned:
            return _refuse_unknown(context, *key)
        del self.owned[key]
        context.status_code = 202
        return {}

    def _create(self, request: Request, context: Any) -> JSON:
        wanted = request.json()["keypair"]
        owner = self._owner(request)
        if (owner, wanted["name"]) in self.owned:
            return _refuse(context, "409")
        context.status_code = 201
        made = body("keypair_created")["keypair"]
        keypair = self.add(owner, wanted["name"], wanted.get("public_key", made["public_key"]))
        answer = {key: value for key, value in keypair.items() if key not in {"id", "created_at"}}
        if "public_key" not in wanted:
            answer["private_key"] = made["private_key"]
        return {"keypair": answer}


def _name_in(request: Request) -> str:
    match = _ONE.match(request.url)
    assert match
    return match.group(1)


def _refuse(context: Any, status: str) -> JSON:
    recorded = error(f"nova_{status}_keypair")
    context.status_code = recorded["status"]
    refused: JSON = recorded["json"]
    return refused


def _refuse_unknown(context: Any, user_id: str, name: str) -> JSON:
    refused = _refuse(context, "404")
    refused["itemNotFound"]["message"] = f"Keypair {name} not found for user {user_id}"
    return refused
