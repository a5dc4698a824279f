# SPDX-License-Identifier: Apache-2.0
"""A keypair that its creator replaces in Nova: nobody gets another key than before."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.bodies import SERVER, error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, create, key_name_sent, launch
from tests.unit.metrics.samples import Difference
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]
Callers = Callable[[str], Caller]

OTHER = "ssh-ed25519 AAAA other"
ORIGINAL = SERVER["key_name"]
CHANGES = "kic_vm_keypair_changes_total"


@pytest.fixture
def used(caller: Callers, nova: NovaKeypairs) -> JSON:
    """The keypair, which a colleague has used."""
    assert launch(caller("colleague"), "recorded").status_code == 202
    return dict(nova.owned[USER, ORIGINAL])


def test_shown(caller: Callers, nova: NovaKeypairs, used: JSON, lines: list[str]) -> None:
    """It is what it is in Nova now, for its creator and everybody; the log and a metric tell."""
    replaced = Difference(CHANGES, event="replaced")
    now = nova.add(USER, ORIGINAL, OTHER)
    for persona in ("member", "colleague", "reader"):
        shown = caller(persona).get(f"{PATH}/recorded").json["keypair"]
        assert shown["fingerprint"] == now["fingerprint"] != used["fingerprint"]
    assert replaced() == 1
    (line,) = [line for line in lines if "has replaced a keypair" in line]
    assert line.startswith("WARNING ")
    for part in (USER, PROJECT, used["fingerprint"], now["fingerprint"]):
        assert part in line
    assert "recorded" not in line


def test_use(
    caller: Callers, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud, used: JSON
) -> None:
    """Who has used the old key is refused the new one, with both fingerprints; nothing changes."""
    refused = Difference(CHANGES, event="refused")
    now = nova.add(USER, ORIGINAL, OTHER)
    caller("member").get(f"{PATH}/recorded")
    populated.forget()
    for calling in (caller, elsewhere):
        error = refusal(launch(calling("colleague"), "recorded"), 409, "keypair_changed")
        assert error["fingerprint"] == now["fingerprint"]
        assert error["used_fingerprint"] == used["fingerprint"]
        assert now["fingerprint"] in error["message"]
        assert used["fingerprint"] in error["message"]
        assert "kic" not in error["message"]
    assert populated.writes() == []
    assert refused() == 2
    assert nova.owned[COLLEAGUE, COPY]["public_key"] == used["public_key"]
    assert launch(caller("member"), "recorded").status_code == 202
    assert key_name_sent(populated) == ORIGINAL
    assert launch(caller("admin"), "recorded").status_code == 202
    assert nova.owned["0" * 32, COPY]["public_key"] == OTHER


def test_copy_that_the_index_does_not_know(
    caller: Callers, nova: NovaKeypairs, populated: Cloud
) -> None:
    """One that turns out to be another key when it is made stays, and is not used."""
    caller("colleague").get(PATH)
    there = nova.add(COLLEAGUE, COPY, OTHER)
    error = refusal(launch(caller("colleague"), "recorded"), 409, "keypair_changed")
    assert error["used_fingerprint"] == there["fingerprint"]
    assert nova.owned[COLLEAGUE, COPY] == there


def test_copy_that_has_just_gone(caller: Callers, nova: NovaKeypairs, populated: Cloud) -> None:
    """Another request of the same user's removes it at that moment: it is made."""
    caller("colleague").get(PATH)
    nova.add(COLLEAGUE, COPY, OTHER)

    def gone(_request: Any, context: Any) -> JSON:
        del nova.owned[COLLEAGUE, COPY]
        missing = error("nova_404_keypair")
        context.status_code = missing["status"]
        answer: JSON = missing["json"]
        return answer

    populated.answer("GET", "nova", f"/os-keypairs/{COPY}", gone)
    assert launch(caller("colleague"), "recorded").status_code == 202
    original = nova.owned[USER, ORIGINAL]
    assert nova.owned[COLLEAGUE, COPY]["public_key"] == original["public_key"]


def test_deleted_and_created_again(
    caller: Callers, nova: NovaKeypairs, populated: Cloud, used: JSON
) -> None:
    """With the gateway the creator gives colleagues a new key: the copies go with the old one."""
    nova.add(USER, ORIGINAL, OTHER)
    refusal(caller("colleague").delete(f"{PATH}/recorded"), 403, "not_the_creator")
    assert caller("member").delete(f"{PATH}/recorded").status_code == 204
    assert create(caller("member"), name="recorded", public_key=OTHER).status_code == 201
    assert launch(caller("colleague"), "recorded").status_code == 202
    assert nova.owned[COLLEAGUE, COPY]["public_key"] == OTHER


def test_taken_by_another(
    caller: Callers, nova: NovaKeypairs, populated: Cloud, used: JSON
) -> None:
    """A name that went to another member's keypair gives no colleague that key unasked."""
    del nova.owned[USER, ORIGINAL]
    nova.add("0" * 32, ORIGINAL, OTHER)
    shown = caller("colleague").get(f"{PATH}/recorded").json["keypair"]
    assert shown["user_id"] == "0" * 32
    refusal(launch(caller("colleague"), "recorded"), 409, "keypair_changed")
