# SPDX-License-Identifier: Apache-2.0
"""Keypairs of former members: usable as they were, whatever their creators do in Nova."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, create, key_name_sent, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.keypairs.former_members import (
    ADMIN,
    ORIGINAL,
    OTHER,
    have_index_made_anew,
    remove,
)
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]
Callers = Callable[[str], Caller]
OPERATOR = "4" * 32


@pytest.fixture
def recorded(nova: NovaKeypairs) -> JSON:
    """The keypair as its creator made it."""
    return dict(nova.owned[USER, ORIGINAL])


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
        remove(nova)
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
        remove(nova)
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
                remove(nova)
                nova.add(USER, ORIGINAL, OTHER)
            return told

        populated.answer("GET", "keystone", "/role_assignments", tell_and_remove)
        assert create(caller("colleague"), name="another").status_code == 201
        shown = caller("reader").get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == recorded["fingerprint"]

    def test_forgotten(self, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """Without a copy and with an empty cache nothing tells of it: the name is free."""
        remove(nova)
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
        remove(nova)
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
