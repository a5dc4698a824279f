# SPDX-License-Identifier: Apache-2.0
"""The name of a keypair in Nova gives it to no project."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kic_vm.mappings import keypairs as mapping
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, PATH, create, key_name_sent, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.keypairs.former_members import (
    ADMIN,
    ORIGINAL,
    OTHER,
    READER,
    have_index_made_anew,
)
from tests.unit.personas import PROJECT, USER

Callers = Callable[[str], Caller]


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
        assert len(calls) == 7
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

    def test_copy_of_the_own_claim(
        self, caller: Callers, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud
    ) -> None:
        """A member cannot vouch for the own claim twice: the first creator keeps the name."""
        nova.owned[USER, ORIGINAL]["id"] = 1
        nova.add(COLLEAGUE, ORIGINAL, OTHER)
        nova.add(COLLEAGUE, mapping.copy_name(PROJECT, COLLEAGUE, "recorded"), OTHER)
        shown = elsewhere("reader").get(f"{PATH}/recorded").json["keypair"]
        assert shown["user_id"] == USER
        assert launch(elsewhere("admin"), "recorded").status_code == 202
        key = nova.owned[ADMIN, key_name_sent(populated)]
        assert key["public_key"] == nova.owned[USER, ORIGINAL]["public_key"]

    def test_copy_of_an_own_claim_with_an_unusual_id(
        self, elsewhere: Callers, nova: NovaKeypairs
    ) -> None:
        """A copy names such a creator by a digest: it is the creator's own copy all the same."""
        nova.owned[USER, ORIGINAL]["id"] = 1
        nova.members[PROJECT].append("j.doe")
        nova.add("j.doe", ORIGINAL, OTHER)
        nova.add("j.doe", mapping.copy_name(PROJECT, "j.doe", "recorded"), OTHER)
        shown = elsewhere("reader").get(f"{PATH}/recorded").json["keypair"]
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
