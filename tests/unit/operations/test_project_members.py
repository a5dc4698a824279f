# SPDX-License-Identifier: Apache-2.0
"""Members of a project: the admin's to manage, for the own project and documented roles only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.bodies import error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keystone_members import (
    ADMIN,
    BY_GROUP,
    COLLEAGUE,
    DOMAIN,
    NEWCOMER,
    ROLES,
    KeystoneMembers,
)
from tests.unit.personas import OTHER_PROJECT, PROJECT, USER

JSON = dict[str, Any]
ALL = f"/api/v1/projects/{PROJECT}/members"


@pytest.fixture
def admin(caller: Callable[[str], Caller]) -> Caller:
    """The project's admin."""
    return caller("admin")


@pytest.fixture
def keystone(populated: Cloud) -> KeystoneMembers:
    """Keystone's assignments, to be looked at."""
    return KeystoneMembers(populated)


def add(caller: Caller, **wanted: Any) -> Any:
    return caller.post(ALL, json={"member": wanted})


def update(caller: Caller, user_id: str, role: str) -> Any:
    return caller.put(f"{ALL}/{user_id}", json={"member": {"role": role}})


class TestList:
    """GET: who works in the project, and as what."""

    def test_whole(self, admin: Caller, keystone: KeystoneMembers) -> None:
        """Each has the strongest documented role; who has none is no member."""
        members = admin.get(ALL).json["members"]
        assert [(one["user_name"], one["role"], one["is_direct"]) for one in members] == [
            ("user", "member", True),
            ("gert", "reader", False),
            ("carl", "member", True),
            ("ada", "admin", True),
        ]
        assert members[-1] == {
            "user_id": ADMIN,
            "user_name": "ada",
            "domain_id": DOMAIN,
            "role": "admin",
            "is_direct": True,
        }

    def test_filters(self, admin: Caller, keystone: KeystoneMembers) -> None:
        """By role and by part of the name, in the order that is asked for."""
        path = f"{ALL}?role=member&sort_keys=user_name&sort_dirs=asc"
        assert [one["user_name"] for one in admin.get(path).json["members"]] == ["carl", "user"]
        assert admin.get(f"{ALL}?user_name=AD").json["pagination"]["total"] == 1

    def test_calls(self, admin: Caller, populated: Cloud) -> None:
        """Keystone is asked by the gateway's own user, which may."""
        admin.get(ALL)
        sent = populated.sent("keystone")
        assert len(sent) == 3
        assert {one.headers["X-Auth-Token"] for one in sent} == {"s3cr3t-token-of-gateway"}


class TestAdd:
    """POST: a user gets a role."""

    @pytest.mark.parametrize("whom", [{"user_id": NEWCOMER}, {"user_name": "dora"}])
    @pytest.mark.parametrize(
        ("role", "theirs"), [("admin", "manager"), ("member", "member"), ("reader", "reader")]
    )
    def test_by_id_and_name(
        self, admin: Caller, keystone: KeystoneMembers, whom: JSON, role: str, theirs: str
    ) -> None:
        """It is Keystone's role in this project."""
        response = add(admin, role=role, **whom)
        assert response.status_code == 201, response.text
        assert response.json["member"]["user_id"] == NEWCOMER
        assert (NEWCOMER, theirs) in keystone.granted

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({"user_id": "f" * 32, "role": "member"}, "user_id: there is no user"),
            ({"user_name": "nobody", "role": "member"}, "user_name: there is no user"),
            ({"user_id": NEWCOMER, "role": "owner"}, "member.role"),
            ({"user_id": NEWCOMER}, "member.role"),
            ({"role": "member"}, "member.user_id"),
            ({"user_id": NEWCOMER, "user_name": "dora", "role": "member"}, "member.user_id"),
            ({"user_id": "../../roles", "role": "member"}, "member.user_id"),
        ],
    )
    def test_bad_input(
        self, admin: Caller, populated: Cloud, keystone: KeystoneMembers, wanted: JSON, words: str
    ) -> None:
        """The field is named, and nobody gets anything."""
        populated.answer("GET", "keystone", f"/users/{'f' * 32}", **error("keystone_404_user"))
        assert words in refusal(add(admin, **wanted), 400, "invalid_request")["message"]
        assert populated.writes() == []

    @pytest.mark.parametrize("user_id", [COLLEAGUE, BY_GROUP])
    def test_member_already(
        self, admin: Caller, populated: Cloud, keystone: KeystoneMembers, user_id: str
    ) -> None:
        """A role is changed, not added."""
        refusal(add(admin, user_id=user_id, role="admin"), 409, "already_exists")
        assert populated.writes() == []


class TestUpdate:
    """PUT: another role."""

    def test_up_and_down(self, admin: Caller, keystone: KeystoneMembers) -> None:
        """The new one comes and the others go; what is no documented role stays."""
        keystone.granted.add((COLLEAGUE, "service"))
        assert update(admin, COLLEAGUE, "admin").json["member"]["role"] == "admin"
        theirs = {role for user, role in keystone.granted if user == COLLEAGUE}
        assert theirs == {"manager", "service"}
        assert update(admin, ADMIN, "reader").json["member"]["role"] == "reader"
        assert (ADMIN, "manager") not in keystone.granted

    def test_same(self, admin: Caller, populated: Cloud, keystone: KeystoneMembers) -> None:
        """Nothing is to be done."""
        assert update(admin, COLLEAGUE, "member").status_code == 200
        assert populated.writes() == []

    def test_last_admin(self, admin: Caller, populated: Cloud, keystone: KeystoneMembers) -> None:
        """Somebody has to stay."""
        assert "last admin" in refusal(update(admin, ADMIN, "member"), 409, "conflict")["message"]
        assert populated.writes() == []

    def test_by_group(self, admin: Caller, populated: Cloud, keystone: KeystoneMembers) -> None:
        """What a group gives cannot be changed here."""
        assert "group" in refusal(update(admin, BY_GROUP, "admin"), 409, "conflict")["message"]
        assert populated.writes() == []


class TestRemove:
    """DELETE: no documented role any more."""

    def test_gone(self, admin: Caller, keystone: KeystoneMembers) -> None:
        """The member's roles go, and nobody else's."""
        before = set(keystone.granted)
        assert admin.delete(f"{ALL}/{COLLEAGUE}").status_code == 204
        assert before - keystone.granted == {(COLLEAGUE, "member")}
        refusal(admin.delete(f"{ALL}/{COLLEAGUE}"), 404, "not_found")

    def test_last_admin(self, admin: Caller, populated: Cloud, keystone: KeystoneMembers) -> None:
        """Not even oneself."""
        refusal(admin.delete(f"{ALL}/{ADMIN}"), 409, "conflict")
        assert populated.writes() == []

    @pytest.mark.parametrize("way", ["delete", "update"])
    def test_two_admins_at_once(
        self, admin: Caller, populated: Cloud, keystone: KeystoneMembers, way: str
    ) -> None:
        """When the other one is gone meanwhile, the role is given back."""
        keystone.granted.add((COLLEAGUE, "manager"))
        path = f"/projects/{PROJECT}/users/{COLLEAGUE}/roles/{ROLES['manager']}"

        def revoke(_request: Any, context: Any) -> JSON:
            keystone.granted -= {(COLLEAGUE, "manager"), (ADMIN, "manager")}
            context.status_code = 204
            return {}

        populated.answer("DELETE", "keystone", path, revoke)
        if way == "delete":
            response = admin.delete(f"{ALL}/{COLLEAGUE}")
        else:
            response = update(admin, COLLEAGUE, "reader")
        refusal(response, 409, "conflict")
        assert (COLLEAGUE, "manager") in keystone.granted
        assert (COLLEAGUE, "reader") not in keystone.granted


@pytest.mark.parametrize("project", [OTHER_PROJECT, "1" * 32])
def test_another_project(admin: Caller, populated: Cloud, project: str) -> None:
    """It is not there, whatever the caller is in this one."""
    path = f"/api/v1/projects/{project}/members"
    body = {"member": {"user_id": USER, "role": "admin"}}
    refusal(admin.get(path), 404, "not_found")
    refusal(admin.post(path, json=body), 404, "not_found")
    refusal(admin.delete(f"{path}/{USER}"), 404, "not_found")
    assert populated.calls() == []


def test_gateway_is_not_allowed(admin: Caller, populated: Cloud) -> None:
    """The operator is named as who can help."""
    populated.answer("GET", "keystone", "/role_assignments?include_names=true", status=403)
    refusal(admin.get(ALL), 502, "gateway_not_allowed")


def test_missing_role(admin: Caller, populated: Cloud) -> None:
    """A cloud without one of the roles says which."""
    populated.answer("GET", "keystone", "/roles", {"roles": [{"id": "2", "name": "member"}]})
    error = refusal(admin.get(ALL), 503, "upstream_unavailable")
    assert "manager, reader" in error["message"]


class TestRemovedAdmin:
    """An admin who has just been removed, whose token the gateway still takes for good."""

    @pytest.mark.parametrize("left", ["member", "reader", None])
    def test_no_power(
        self, admin: Caller, populated: Cloud, keystone: KeystoneMembers, left: str | None
    ) -> None:
        """With the roles that Keystone has now nothing is changed and nothing is told."""
        assert admin.get(ALL).status_code == 200
        keystone.granted -= {(ADMIN, "manager")}
        keystone.granted |= {(COLLEAGUE, "manager")} | ({(ADMIN, left)} if left else set())
        for response in (
            admin.get(ALL),
            add(admin, user_id=NEWCOMER, role="admin"),
            add(admin, user_id="f" * 32, role="admin"),
            update(admin, ADMIN, "admin"),
            update(admin, USER, "admin"),
            admin.delete(f"{ALL}/{COLLEAGUE}"),
        ):
            refusal(response, 403, "forbidden")
        assert populated.writes() == []

    def test_cannot_return(
        self, admin: Caller, populated: Cloud, keystone: KeystoneMembers
    ) -> None:
        """A former admin cannot make themselves admin again."""
        keystone.granted = {(COLLEAGUE, "manager")}
        refusal(add(admin, user_id=ADMIN, role="admin"), 403, "forbidden")
        assert keystone.granted == {(COLLEAGUE, "manager")}


class TestRule:
    """The operator's policy file decides who may, by the roles that Keystone has now."""

    @pytest.fixture
    def options(self, tmp_path: Path) -> str:
        """Members may add members."""
        file = tmp_path / "policy.yaml"
        file.write_text('"kic_vm:project_members:add": "role:member"\n')
        return f"[oslo_policy]\npolicy_file = {file}\n"

    def test_operators_rule(
        self, caller: Callable[[str], Caller], populated: Cloud, keystone: KeystoneMembers
    ) -> None:
        """It holds for the roles of the token and for those of the moment."""
        member = caller("member")
        assert add(member, user_id=NEWCOMER, role="reader").status_code == 201
        keystone.granted -= {(USER, "member"), (NEWCOMER, "reader")}
        keystone.granted |= {(USER, "reader")}
        refusal(add(member, user_id=NEWCOMER, role="reader"), 403, "forbidden")
