# SPDX-License-Identifier: Apache-2.0
"""Whose a name is when Redis has lost the index: the users who vouch for a keypair decide."""

from collections.abc import Callable
from typing import Any

import pytest

from kic_vm.mappings import keypairs as mapping
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, create, launch, names
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
def left(caller: Callers, nova: NovaKeypairs, populated: Cloud) -> JSON:
    """The keypair of a user who has left the project; a colleague has a copy."""
    assert launch(caller("colleague"), "recorded").status_code == 202
    remove(nova)
    nova.members[PROJECT].append(OPERATOR)
    return dict(nova.owned[USER, ORIGINAL])


def shown(caller: Caller) -> JSON:
    keypair: JSON = caller.get(f"{PATH}/recorded").json["keypair"]
    return keypair


def refused_fingerprints(caller: Caller) -> list[str]:
    """The fingerprints in the answer to a user who wants to use the disputed keypair."""
    error = refusal(launch(caller, "recorded"), 409, "keypair_changed")
    fingerprints: list[str] = error["fingerprints"]
    return fingerprints


def test_one_holder_and_one_owner(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """One user vouches for each key, and the member's is newer: nobody gets another key."""
    theirs = nova.add(OPERATOR, ORIGINAL, OTHER)
    assert shown(elsewhere("reader"))["fingerprint"] == left["fingerprint"]
    both = sorted([left["fingerprint"], theirs["fingerprint"]])
    assert refused_fingerprints(elsewhere("admin")) == both
    assert refused_fingerprints(elsewhere("operator-here")) == both
    assert launch(elsewhere("colleague"), "recorded").status_code == 202
    assert elsewhere("admin").delete(f"{PATH}/recorded").status_code == 204
    assert shown(elsewhere("reader"))["user_id"] == OPERATOR
    assert launch(elsewhere("admin"), "recorded").status_code == 202


def test_planted_before_the_first_use(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """A keypair that is older than the copy is newer than the original, which Nova still has."""
    nova.add(OPERATOR, ORIGINAL, OTHER)
    nova.owned[COLLEAGUE, COPY]["id"] = 5000
    assert shown(elsewhere("reader"))["fingerprint"] == left["fingerprint"]
    assert len(refused_fingerprints(elsewhere("admin"))) == 2


def test_original_that_was_replaced(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """What the former member has in Nova now proves nothing about the copied key."""
    theirs = nova.add(OPERATOR, ORIGINAL, OTHER)
    nova.owned[COLLEAGUE, COPY]["id"] = 5000
    nova.owned[USER, ORIGINAL] |= {"public_key": "ssh-ed25519 AAAA new", "fingerprint": "f" * 32}
    assert shown(elsewhere("reader"))["fingerprint"] == theirs["fingerprint"]


def test_member_who_was_first(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """The member's keypair is the oldest: it counts, and the holder of the other gets none."""
    theirs = nova.add(OPERATOR, ORIGINAL, OTHER)
    theirs["id"] = 0
    assert shown(elsewhere("reader"))["fingerprint"] == theirs["fingerprint"]
    assert launch(elsewhere("admin"), "recorded").status_code == 202
    error = refusal(launch(elsewhere("colleague"), "recorded"), 409, "keypair_changed")
    assert error["fingerprint"] == theirs["fingerprint"]
    assert error["used_fingerprint"] == left["fingerprint"]


def test_same_key(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """A member who has imported the same key disputes nothing."""
    nova.add(OPERATOR, ORIGINAL, left["public_key"])
    assert launch(elsewhere("admin"), "recorded").status_code == 202


def test_copy_of_what_never_was_from_before(elsewhere: Callers, nova: NovaKeypairs) -> None:
    """A copy that somebody planted before the name was used makes nobody use its key."""
    nova.add(COLLEAGUE, mapping.copy_name(PROJECT, "a" * 32, "recorded"), OTHER)["id"] = 0
    assert len(refused_fingerprints(elsewhere("operator-here"))) == 2
    assert elsewhere("admin").delete(f"{PATH}/recorded").status_code == 204
    assert shown(elsewhere("reader"))["user_id"] == USER


def test_votes_after_the_loss(caller: Callers, nova: NovaKeypairs) -> None:
    """A dispute stays one, however many copies members plant later."""
    planted = mapping.copy_name(PROJECT, "a" * 32, "recorded")
    nova.members[PROJECT].append(OPERATOR)
    nova.add(COLLEAGUE, planted, OTHER)["id"] = 0
    assert len(refused_fingerprints(caller("admin"))) == 2
    nova.add(OPERATOR, planted, OTHER)
    nova.add(OPERATOR, ORIGINAL, OTHER)
    have_index_made_anew(caller("colleague"))
    assert len(refused_fingerprints(caller("admin"))) == 2
    assert len(refused_fingerprints(caller("member"))) == 2


def test_copy_of_a_federated_user(elsewhere: Callers, nova: NovaKeypairs) -> None:
    """An admin can end a dispute with somebody who could be a member, but need not be."""
    stranger = "a" * 32
    nova.federated.add(stranger)
    nova.add(COLLEAGUE, mapping.copy_name(PROJECT, stranger, "recorded"), OTHER)["id"] = 0
    assert len(refused_fingerprints(elsewhere("admin"))) == 2
    assert elsewhere("admin").delete(f"{PATH}/recorded").status_code == 204
    assert shown(elsewhere("reader"))["user_id"] == USER
    assert launch(elsewhere("admin"), "recorded").status_code == 202


def test_copy_of_the_same_key(elsewhere: Callers, nova: NovaKeypairs) -> None:
    """An older copy of a member's own key under another's name takes the keypair from nobody."""
    public_key = nova.owned[USER, ORIGINAL]["public_key"]
    nova.add(COLLEAGUE, mapping.copy_name(PROJECT, "a" * 32, "recorded"), public_key)["id"] = 0
    assert shown(elsewhere("reader"))["user_id"] == USER
    assert elsewhere("member").delete(f"{PATH}/recorded").status_code == 204


def test_calls_for_disputes(caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
    """A dispute is not examined again."""
    for number in range(19):
        name = f"k{number}"
        nova.add(USER, mapping.nova_name(PROJECT, name), f"ssh-ed25519 AAAA {number}")
        nova.add(COLLEAGUE, mapping.copy_name(PROJECT, "a" * 32, name), OTHER)["id"] = 1
    assert len(names(caller("admin"))) == 20
    have_index_made_anew(caller("colleague"))
    populated.forget()
    have_index_made_anew(caller("colleague"))
    assert len(names(caller("admin"))) == 20
    assert len(populated.sent("nova")) < 20


def test_copies_of_what_never_was(elsewhere: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
    """Copies that one member has planted take no name, and cost no call each."""
    populated.forget()
    for number in range(40):
        copy = nova.add(COLLEAGUE, mapping.copy_name(PROJECT, f"{number:032x}", "recorded"), OTHER)
        copy["id"] = 0
    assert shown(elsewhere("reader"))["user_id"] == USER
    assert len(populated.sent("nova")) < 10
    assert launch(elsewhere("admin"), "recorded").status_code == 202


def test_copies_of_most(
    elsewhere: Callers, nova: NovaKeypairs, populated: Cloud, left: JSON
) -> None:
    """Two users have a copy, one has planted the name: everybody else gets the known key."""
    nova.add(ADMIN, COPY, left["public_key"])
    nova.members[PROJECT].append("6" * 32)
    nova.add("6" * 32, ORIGINAL, OTHER)
    assert launch(elsewhere("operator-here"), "recorded").status_code == 202
    assert nova.owned[OPERATOR, COPY]["public_key"] == left["public_key"]


def test_keypair_that_is_used_more(elsewhere: Callers, nova: NovaKeypairs, left: JSON) -> None:
    """A copy of a former member's keypair does not take the name that others use."""
    theirs = nova.add(OPERATOR, ORIGINAL, OTHER)
    nova.add(ADMIN, mapping.copy_name(PROJECT, OPERATOR, "recorded"), OTHER)
    keypair = shown(elsewhere("reader"))
    assert (keypair["user_id"], keypair["fingerprint"]) == (OPERATOR, theirs["fingerprint"])


def test_name_that_an_admin_has_freed(
    elsewhere: Callers, caller: Callers, nova: NovaKeypairs, left: JSON
) -> None:
    """After the admin has deleted the former member's keypair, a member has the name undisputed."""
    assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
    assert create(caller("colleague"), name="recorded").status_code == 201
    for calling in (caller, elsewhere):
        assert shown(calling("reader"))["user_id"] == COLLEAGUE
        assert launch(calling("admin"), "recorded").status_code == 202


def test_creator_whose_keypair_nobody_has_used(elsewhere: Callers, nova: NovaKeypairs) -> None:
    """The creator's own keypair is enough."""
    assert names(elsewhere("reader")) == ["recorded"]
    assert shown(elsewhere("reader"))["user_id"] == USER
    assert launch(elsewhere("admin"), "recorded").status_code == 202


def test_claims_with_equally_many_copies(elsewhere: Callers, nova: NovaKeypairs) -> None:
    """The first of them has the name, not somebody for whom fewer vouch."""
    nova.members[PROJECT] += [OPERATOR, "6" * 32]
    nova.owned[USER, ORIGINAL]["id"] = 2
    nova.add(COLLEAGUE, ORIGINAL, OTHER)["id"] = 3
    nova.add(OPERATOR, ORIGINAL, "ssh-ed25519 AAAA third")["id"] = 1
    nova.add(ADMIN, COPY, nova.owned[USER, ORIGINAL]["public_key"])
    nova.add("6" * 32, mapping.copy_name(PROJECT, COLLEAGUE, "recorded"), OTHER)
    assert shown(elsewhere("reader"))["user_id"] == USER
