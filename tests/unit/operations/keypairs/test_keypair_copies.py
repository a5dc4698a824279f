# SPDX-License-Identifier: Apache-2.0
"""The copies of a keypair that its users other than the creator have in Nova."""

from collections.abc import Callable

from kic_vm.mappings import keypairs as mapping
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, key_name_sent, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import PROJECT, USER


def test_use_by_the_creator(member: Caller, nova: NovaKeypairs, populated: Cloud) -> None:
    """The keypair itself; with a fresh index no call more than without a keypair."""
    launch(member, "recorded")
    populated.forget()
    assert launch(member, "recorded").status_code == 202
    assert key_name_sent(populated) == SERVER["key_name"]
    assert [call for call in populated.calls() if "keypair" in call] == []


def test_use_by_a_colleague(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud
) -> None:
    """A copy of the public key, made at the first use and found at the next."""
    assert launch(caller("colleague"), "recorded").status_code == 202
    assert key_name_sent(populated) == COPY
    assert nova.names(COLLEAGUE) == [COPY]
    assert (
        nova.owned[COLLEAGUE, COPY]["public_key"]
        == nova.owned[USER, SERVER["key_name"]]["public_key"]
    )
    populated.forget()
    assert launch(caller("colleague"), "recorded").status_code == 202
    assert key_name_sent(populated) == COPY
    assert [call for call in populated.calls() if "keypair" in call] == []


def test_copy_is_none_of_the_projects(caller: Callable[[str], Caller], nova: NovaKeypairs) -> None:
    """It is not listed, and its holder may not delete the keypair by it."""
    launch(caller("colleague"), "recorded")
    assert names(caller("colleague")) == ["recorded"]
    refusal(caller("colleague").delete(f"{PATH}/recorded"), 403, "not_the_creator")


def test_use_of_what_is_not_there(member: Caller, nova: NovaKeypairs, populated: Cloud) -> None:
    """The field is named, and nothing is made."""
    message = refusal(launch(member, "nothing"), 400, "invalid_request")["message"]
    assert message.startswith("key_name: ")
    assert populated.writes() == []


def test_delete_takes_the_copies_along(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud
) -> None:
    """They are removed with the gateway's own user; nobody finds the keypair any more."""
    launch(caller("colleague"), "recorded")
    populated.forget()
    assert caller("member").delete(f"{PATH}/recorded").status_code == 204
    assert len(populated.writes()) == 2
    assert nova.names(COLLEAGUE) == []
    assert names(caller("colleague")) == []
    refusal(launch(caller("colleague"), "recorded"), 400, "invalid_request")


def test_copy_that_cannot_be_removed(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud
) -> None:
    """The keypair is gone all the same, and the copy does not bring it back."""
    launch(caller("colleague"), "recorded")
    populated.answer("DELETE", "nova", f"/os-keypairs/{COPY}", status=500)
    assert caller("member").delete(f"{PATH}/recorded").status_code == 204
    assert nova.names(COLLEAGUE) == [COPY]
    assert names(caller("colleague")) == []


def test_creator_with_an_unusual_id(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud
) -> None:
    """A copy is recognised as good after the index is made anew, whatever Keystone's ids are."""
    nova.members[PROJECT].append("j.doe")
    nova.add("j.doe", mapping.nova_name(PROJECT, "theirs"))
    assert launch(caller("colleague"), "theirs").status_code == 202
    caller("member").post(PATH, json={"keypair": {"name": "new"}})
    populated.forget()
    assert launch(caller("colleague"), "theirs").status_code == 202
    assert populated.sent("nova", "POST")[0].url.endswith("/servers")
    assert not [call for call in populated.calls() if "os-keypairs/" in call]


def test_refused_key_of_a_copy(
    caller: Callable[[str], Caller], nova: NovaKeypairs, populated: Cloud
) -> None:
    """A colleague whose quota of keypairs is used up is told so, and nothing is made."""
    refused = {"forbidden": {"code": 403, "message": "Quota exceeded, too many key pairs."}}
    populated.answer("POST", "nova", "/os-keypairs", refused, 403)
    refusal(launch(caller("colleague"), "recorded"), 403, "quota_exceeded")
    assert populated.sent("nova", "POST")[-1].url.endswith("/os-keypairs")
