# SPDX-License-Identifier: Apache-2.0
"""The keypairs of former members are deleted by an admin, and by nobody else."""

from collections.abc import Callable

import pytest

from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, create, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.keypairs.former_members import (
    ADMIN,
    ORIGINAL,
    READER,
    have_index_made_anew,
    remove,
)
from tests.unit.personas import PROJECT, USER

Callers = Callable[[str], Caller]


class TestDelete:
    """An admin may take the keypair of a creator who has left out of the project."""

    @pytest.fixture
    def left(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> NovaKeypairs:
        """A keypair of which a colleague and somebody who only reads now have copies."""
        launch(caller("colleague"), "recorded")
        nova.add(READER, COPY)
        remove(nova)
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
        remove(nova)
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
        remove(nova)
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

    @pytest.mark.parametrize("is_gone", [False, True])
    def test_copy_that_a_proxy_does_not_find(
        self, caller: Callers, left: NovaKeypairs, populated: Cloud, is_gone: bool
    ) -> None:
        """A 404 proves that the copy is gone only if Nova itself does not find it."""
        if is_gone:
            names(caller("colleague"))
            del left.owned[COLLEAGUE, COPY]
        path = f"/os-keypairs/{COPY}?user_id={COLLEAGUE}"
        populated.answer("DELETE", "nova", path, text="<html>", status=404)
        response = caller("admin").delete(f"{PATH}/recorded")
        if is_gone:
            assert response.status_code == 204
        else:
            assert refusal(response, 502, "upstream_error")["service"] == "compute"
        assert names(caller("colleague")) == ([] if is_gone else ["recorded"])

    def test_deleted_before(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """What a creator deleted, and then left, does not come back."""
        launch(caller("colleague"), "recorded")
        assert caller("member").delete(f"{PATH}/recorded").status_code == 204
        remove(nova)
        have_index_made_anew(caller("colleague"))
        assert names(caller("colleague")) == []


class TestRemovedCaller:
    """A caller who has just been removed, whose token the gateway still takes for good."""

    def test_delete(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """Nobody's copy is removed, and the keypair stays."""
        launch(caller("colleague"), "recorded")
        caller("member").get(PATH)
        remove(nova)
        populated.forget()
        refusal(caller("member").delete(f"{PATH}/recorded"), 403, "forbidden")
        assert populated.writes() == []

    def test_create(self, caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
        """What they make is not the project's, and is taken back."""
        caller("member").get(PATH)
        remove(nova)
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
