# SPDX-License-Identifier: Apache-2.0
"""Keypairs of those who have left the project: usable as they were, and nobody's to change."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kic_vm.mappings import keypairs as mapping
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, PATH, create, key_name_sent, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]
Callers = Callable[[str], Caller]

ADMIN = "0" * 32
READER = "2" * 32
OPERATOR = "4" * 32
OTHER = "ssh-ed25519 AAAA hostile"
ORIGINAL = SERVER["key_name"]
COPY = mapping.copy_name(PROJECT, USER, "recorded")


@pytest.fixture
def options() -> str:
    """An index of each test's own."""
    return "[keypairs]\nindex_time = 300\n"


@pytest.fixture
def nova(populated: Cloud) -> NovaKeypairs:
    """Nova's keypairs, to be changed behind the gateway's back."""
    return NovaKeypairs(populated)


@pytest.fixture
def recorded(nova: NovaKeypairs) -> JSON:
    """The keypair as its creator made it."""
    return dict(nova.owned[USER, ORIGINAL])


def remove(nova: NovaKeypairs, cloud: Cloud, user_id: str = USER) -> None:
    """Take a user's roles in the project; Keystone confirms a token for it no longer."""
    nova.members[PROJECT].remove(user_id)
    cloud.answer("GET", "keystone", "/auth/tokens?nocatalog", status=404)


def have_index_made_anew(caller: Caller) -> None:
    assert create(caller, name="another").status_code == 201
    assert caller.delete(f"{PATH}/another").status_code == 204


class TestRemembered:
    """What the creator does in Nova after leaving changes nothing in the project."""

    @pytest.mark.parametrize("memory", ["copies", "index", "both"])
    @pytest.mark.parametrize("public_key", [OTHER, None])
    def test_replaced_or_deleted(
        self,
        caller: Callers,
        elsewhere: Callers,
        nova: NovaKeypairs,
        populated: Cloud,
        recorded: JSON,
        memory: str,
        public_key: str | None,
    ) -> None:
        """The list, the keypair and its use are as before; the index or the copies know it."""
        assert names(caller("colleague")) == ["recorded"]
        if memory != "index":
            launch(caller("colleague"), "recorded")
        remove(nova, populated)
        del nova.owned[USER, ORIGINAL]
        if public_key:
            nova.add(USER, ORIGINAL, public_key)
        calling = elsewhere if memory == "copies" else caller
        if memory != "copies":
            have_index_made_anew(calling("colleague"))
        shown = calling("reader").get(f"{PATH}/recorded").json["keypair"]
        assert shown["user_id"] == USER
        for field in ("fingerprint", "public_key"):
            assert shown[field] == recorded[field]
        (listed,) = calling("reader").get(PATH).json["keypairs"]
        assert listed["fingerprint"] == recorded["fingerprint"]
        for persona, user_id in (("colleague", COLLEAGUE), ("admin", ADMIN)):
            assert launch(calling(persona), "recorded").status_code == 202
            assert key_name_sent(populated) == COPY
            assert nova.owned[user_id, COPY]["public_key"] == recorded["public_key"]
        refusal(create(calling("admin"), name="recorded"), 409, "already_exists")

    def test_index_that_is_trusted_still(
        self, caller: Callers, nova: NovaKeypairs, populated: Cloud, recorded: JSON
    ) -> None:
        """A key that was replaced after the index was made is not shown for the project's."""
        names(caller("colleague"))
        remove(nova, populated)
        nova.add(USER, ORIGINAL, OTHER)
        shown = caller("colleague").get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == recorded["fingerprint"]
        assert launch(caller("colleague"), "recorded").status_code == 202
        assert nova.owned[COLLEAGUE, COPY]["public_key"] == recorded["public_key"]

    def test_removed_while_the_lists_are_read(
        self, caller: Callers, nova: NovaKeypairs, populated: Cloud, recorded: JSON
    ) -> None:
        """Keystone has told of the role, then it goes, then the key is replaced, then listed."""
        names(caller("colleague"))
        assignments = nova._assignments

        def tell_and_remove(request: Any, context: Any) -> JSON:
            told = assignments(request, context)
            if USER in nova.members[PROJECT]:
                remove(nova, populated)
                nova.add(USER, ORIGINAL, OTHER)
            return told

        populated.answer("GET", "keystone", "/role_assignments", tell_and_remove)
        assert create(caller("colleague"), name="another").status_code == 201
        shown = caller("reader").get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == recorded["fingerprint"]

    def test_forgotten(self, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """Without a copy and with an empty cache nothing tells of it: the name is free."""
        remove(nova, populated)
        assert names(elsewhere("colleague")) == []
        refusal(elsewhere("colleague").get(f"{PATH}/recorded"), 404, "not_found")
        assert create(elsewhere("colleague"), name="recorded").status_code == 201

    def test_demoted(
        self, caller: Callers, nova: NovaKeypairs, populated: Cloud, recorded: JSON
    ) -> None:
        """A creator who may only read now is as one who has left: it is the role that counts."""
        launch(caller("colleague"), "recorded")
        nova.roles[USER] = ["reader"]
        nova.add(USER, ORIGINAL, OTHER)
        have_index_made_anew(caller("colleague"))
        shown = caller("colleague").get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == recorded["fingerprint"]

    def test_returned(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """A creator who comes back may change it again, and colleagues still get no other key."""
        launch(caller("colleague"), "recorded")
        nova.members[PROJECT].remove(USER)
        replaced = nova.add(USER, ORIGINAL, OTHER)
        have_index_made_anew(caller("colleague"))
        nova.members[PROJECT].append(USER)
        have_index_made_anew(caller("colleague"))
        shown = caller("member").get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == replaced["fingerprint"]
        refusal(launch(caller("colleague"), "recorded"), 409, "keypair_changed")
        assert caller("member").delete(f"{PATH}/recorded").status_code == 204
        assert nova.names(COLLEAGUE) == []

    def test_copies_that_differ(
        self, caller: Callers, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud
    ) -> None:
        """Where nothing tells which is right, nobody gets a doubtful one."""
        launch(caller("colleague"), "recorded")
        hostile = nova.add(ADMIN, COPY, OTHER)
        right = nova.owned[COLLEAGUE, COPY]
        remove(nova, populated)
        prints = sorted([hostile["fingerprint"], right["fingerprint"]])
        nova.members[PROJECT].append(OPERATOR)
        newcomer = elsewhere("operator-here")
        for _time in range(2):
            error = refusal(launch(newcomer, "recorded"), 409, "keypair_changed")
            assert error["fingerprints"] == prints
            have_index_made_anew(newcomer)
        assert nova.names(OPERATOR) == []
        # A third one has the right one: now most have it.
        nova.add(OPERATOR, COPY, right["public_key"])
        for persona in ("colleague", "operator-here"):
            assert launch(elsewhere(persona), "recorded").status_code == 202
        error = refusal(launch(elsewhere("admin"), "recorded"), 409, "keypair_changed")
        assert error["used_fingerprint"] == hostile["fingerprint"]


class TestPlanted:
    """The name of a keypair in Nova proves nothing."""

    @pytest.mark.parametrize("user_id", [READER, "3" * 32, "9" * 32])
    def test_by_who_may_not_create(self, caller: Callers, nova: NovaKeypairs, user_id: str) -> None:
        """That of a reader, of someone without a role of ours, of a stranger: nobody sees it."""
        nova.add(user_id, mapping.nova_name(PROJECT, "planted"), OTHER)
        for persona in ("reader", "member", "admin"):
            assert names(caller(persona)) == ["recorded"]
            refusal(caller(persona).get(f"{PATH}/planted"), 404, "not_found")
        refusal(launch(caller("member"), "planted"), 400, "invalid_request")
        assert create(caller("member"), name="planted").status_code == 201
        assert launch(caller("member"), "planted").status_code == 202

    def test_copy_by_who_may_not_create(self, caller: Callers, nova: NovaKeypairs) -> None:
        """Nor does a reader's copy tell of a former member's keypair."""
        nova.add(READER, mapping.copy_name(PROJECT, "9" * 32, "planted"), OTHER)
        assert names(caller("reader")) == ["recorded"]

    def test_own_of_a_reader(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """Not even by its own maker; a list costs a reader no call at all."""
        nova.add(READER, ORIGINAL, OTHER)
        names(caller("reader"))
        populated.forget()
        (listed,) = caller("reader").get(PATH).json["keypairs"]
        assert listed["user_id"] == USER
        assert populated.calls() == []

    @pytest.mark.parametrize("count", [0, 100])
    def test_calls(
        self, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud, count: int
    ) -> None:
        """However many names somebody plants, an index costs the calls that it always does."""
        for number in range(count):
            left = f"{number:032x}"
            nova.add(COLLEAGUE, mapping.copy_name(PROJECT, left, f"copy {number}"))
            nova.add(READER, mapping.nova_name(PROJECT, f"reader's {number}"))
            nova.add("9" * 32, mapping.nova_name(PROJECT, f"stranger's {number}"))
        elsewhere("reader").get(PATH)
        calls = populated.calls()
        assert len(calls) == 5
        assert not [call for call in calls if re.search("/os-keypairs/", call)]

    def test_claimed_names(
        self, caller: Callers, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud
    ) -> None:
        """Whoever has the earlier number has a name that nothing tells of; then it is known."""
        nova.owned[USER, ORIGINAL]["id"] = 1
        for number in range(50):
            nova.add(USER, mapping.nova_name(PROJECT, f"k-{number}"))
            nova.add(COLLEAGUE, mapping.nova_name(PROJECT, f"k-{number}"), OTHER)
        listed = caller("reader").get(f"{PATH}?limit=100").json["keypairs"]
        assert {one["user_id"] for one in listed} == {USER}
        assert len([call for call in populated.calls() if "/os-keypairs/" in call]) == 100
        nova.add(COLLEAGUE, ORIGINAL, OTHER)["id"] = 0
        populated.forget()
        have_index_made_anew(caller("admin"))
        assert not [call for call in populated.calls() if re.search("GET .*/os-keypairs/", call)]
        assert caller("reader").get(f"{PATH}/recorded").json["keypair"]["user_id"] == USER
        refusal(launch(caller("colleague"), "recorded"), 409, "keypair_changed")

    def test_claimed_by_a_new_member(
        self, caller: Callers, elsewhere: Callers, nova: NovaKeypairs
    ) -> None:
        """Copies tell who has a name, with an empty cache too: an older number takes nothing."""
        launch(caller("colleague"), "recorded")
        nova.add("6" * 32, ORIGINAL, OTHER)["id"] = 0
        nova.members[PROJECT].append("6" * 32)
        for calling in (caller, elsewhere):
            have_index_made_anew(calling("admin"))
            shown = calling("reader").get(f"{PATH}/recorded").json["keypair"]
            assert shown["user_id"] == USER


class TestRule:
    """Whose keypairs count is what the gateway's rule for creating them says."""

    @pytest.fixture
    def options(self, tmp_path: Path) -> str:
        """Readers may create keypairs."""
        file = tmp_path / "policy.yaml"
        file.write_text('"kic_vm:keypairs:create": "role:reader"\n')
        return f"[oslo_policy]\npolicy_file = {file}\n"

    def test_operators_rule(self, caller: Callers, nova: NovaKeypairs) -> None:
        """The operator's policy file counts."""
        nova.add(READER, mapping.nova_name(PROJECT, "theirs"))
        assert names(caller("member")) == ["recorded", "theirs"]
        assert create(caller("reader"), name="new").status_code == 201


class TestDelete:
    """An admin may take the keypair of a creator who has left out of the project."""

    @pytest.fixture
    def left(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> NovaKeypairs:
        """A keypair of which a colleague and somebody who only reads now have copies."""
        launch(caller("colleague"), "recorded")
        nova.add(READER, COPY)
        remove(nova, populated)
        have_index_made_anew(caller("colleague"))
        return nova

    def test_by_the_admin(
        self, caller: Callers, elsewhere: Callers, left: NovaKeypairs, populated: Cloud
    ) -> None:
        """All copies go, so it does not come back with an empty cache. The creator's own stays."""
        populated.forget()
        assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
        assert len(populated.writes()) == 2
        assert left.names(COLLEAGUE) == left.names(READER) == []
        assert left.names(USER) == [ORIGINAL]
        for calling in (caller, elsewhere):
            assert names(calling("colleague")) == []
            refusal(calling("admin").delete(f"{PATH}/recorded"), 404, "not_found")
        left.roles[READER] = ["member", "reader"]
        assert names(elsewhere("reader")) == []
        assert create(caller("colleague"), name="recorded").status_code == 201

    def test_that_only_the_index_knows(
        self, caller: Callers, nova: NovaKeypairs, populated: Cloud
    ) -> None:
        """It is forgotten."""
        names(caller("colleague"))
        remove(nova, populated)
        have_index_made_anew(caller("colleague"))
        assert names(caller("colleague")) == ["recorded"]
        assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
        have_index_made_anew(caller("colleague"))
        assert names(caller("colleague")) == []

    def test_with_a_trusted_index(
        self, caller: Callers, nova: NovaKeypairs, populated: Cloud
    ) -> None:
        """Who has just left has left for the admin too, whatever the index says still."""
        names(caller("admin"))
        remove(nova, populated)
        assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
        assert names(caller("admin")) == []

    def test_by_a_member(self, caller: Callers, left: NovaKeypairs, populated: Cloud) -> None:
        """It is an admin's work."""
        caller("colleague").get(PATH)
        populated.forget()
        refusal(caller("colleague").delete(f"{PATH}/recorded"), 403, "not_the_creator")
        assert populated.calls() == []

    @pytest.mark.parametrize("roles", [["member", "reader"], ["reader"], None])
    def test_by_a_former_admin(
        self,
        caller: Callers,
        left: NovaKeypairs,
        populated: Cloud,
        roles: list[str] | None,
    ) -> None:
        """The token's role is not enough: Keystone has to list it now."""
        caller("admin").get(PATH)
        if roles is None:
            left.members[PROJECT].remove(ADMIN)
        else:
            left.roles[ADMIN] = roles
        populated.forget()
        refusal(caller("admin").delete(f"{PATH}/recorded"), 403, "forbidden")
        assert populated.writes() == []

    def test_copy_that_cannot_be_removed(
        self, caller: Callers, left: NovaKeypairs, populated: Cloud
    ) -> None:
        """It would bring the keypair back, so the admin is told; the next time it goes."""
        populated.answer("DELETE", "nova", f"/os-keypairs/{COPY}?user_id={COLLEAGUE}", status=500)
        error = refusal(caller("admin").delete(f"{PATH}/recorded"), 502, "upstream_error")
        assert error["service"] == "compute"
        assert names(caller("colleague")) == ["recorded"]
        populated.answer("DELETE", "nova", f"/os-keypairs/{COPY}?user_id={COLLEAGUE}", left._delete)
        assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
        assert names(caller("colleague")) == []

    def test_deleted_before(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """What a creator deleted, and then left, does not come back."""
        launch(caller("colleague"), "recorded")
        assert caller("member").delete(f"{PATH}/recorded").status_code == 204
        remove(nova, populated)
        have_index_made_anew(caller("colleague"))
        assert names(caller("colleague")) == []


class TestRemovedCaller:
    """A caller who has just been removed, whose token the gateway still takes for good."""

    def test_delete(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """Nobody's copy is removed, and the keypair stays."""
        launch(caller("colleague"), "recorded")
        caller("member").get(PATH)
        remove(nova, populated)
        populated.forget()
        refusal(caller("member").delete(f"{PATH}/recorded"), 403, "forbidden")
        assert populated.writes() == []

    def test_create(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """What they make is not the project's, and is taken back."""
        caller("member").get(PATH)
        remove(nova, populated)
        refusal(create(caller("member"), name="new"), 403, "forbidden")
        assert nova.names(USER) == [ORIGINAL]
        assert names(caller("colleague")) == ["recorded"]

    def test_demoted(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """The roles that Keystone now gives the token count."""
        caller("member").get(PATH)
        nova.roles[USER] = ["reader"]
        token = {"token": {"roles": [{"id": "3" * 32, "name": "reader"}]}}
        populated.answer("GET", "keystone", "/auth/tokens?nocatalog", token)
        refusal(create(caller("member"), name="new"), 403, "forbidden")
        assert nova.names(USER) == [ORIGINAL]
