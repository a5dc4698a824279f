# SPDX-License-Identifier: Apache-2.0
"""Creations of a keypair that are repeated with the same Idempotency-Key."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from kic_vm.mappings import keypairs as mapping
from tests.unit.bodies import body
from tests.unit.cloud import Cloud, Request
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.fake_redis import FakeRedis
from tests.unit.keypair_requests import COLLEAGUE, PATH, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.lost_posts import KEY, settle
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]

IN_NOVA = mapping.nova_name(PROJECT, "new")
KEYPAIRS: dict[str, JSON] = {
    "imported": {"name": "new", "public_key": body("keypair")["keypair"]["public_key"]},
    "generated": {"name": "new"},
}
# Codes of the answers to the retry of a creation that was done.
DONE = {"imported": None, "generated": "idempotency_answer_withheld"}


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


def create(who: Caller, kind: str) -> Any:
    return who.post(PATH, json={"keypair": KEYPAIRS[kind]}, headers=KEY)


def meet(
    populated: Cloud, nova: NovaKeypairs, *, is_first: bool = False, is_lost: bool = False
) -> None:
    """Decide what happens at the next creation.

    :param is_first: a colleague creates the name a moment before
    :param is_lost: Nova's answer does not arrive
    """

    def answer(request: Request, context: Any) -> JSON:
        if is_first:
            nova.add(COLLEAGUE, IN_NOVA, "ssh-ed25519 BBBB other")
        created = nova._create(request, context)
        if is_lost:
            raise requests.ReadTimeout
        return created

    populated.answer("POST", "nova", "/os-keypairs", answer)


@pytest.mark.parametrize("kind", KEYPAIRS)
@pytest.mark.parametrize("is_settled", [False, True])
def test_seen_at_once(
    caller: Callable[[str], Caller],
    populated: Cloud,
    store: FakeRedis,
    nova: NovaKeypairs,
    kind: str,
    is_settled: bool,
) -> None:
    """After the retry has found the keypair, everybody sees it and can use it."""
    member, colleague = caller("member"), caller("colleague")
    assert "new" not in names(colleague)
    meet(populated, nova, is_lost=True)
    refusal(create(member, kind), 504, "upstream_timeout")
    if is_settled:
        settle(store)
    retry = create(member, kind)
    assert retry.status_code == 201 or retry.json["error"]["code"] == DONE[kind]
    assert member.get(f"{PATH}/new").status_code == 200
    assert "new" in names(colleague)
    assert launch(member, "new").status_code == 202


@pytest.mark.parametrize("kind", KEYPAIRS)
def test_seen_after_a_lost_answer(
    caller: Callable[[str], Caller],
    populated: Cloud,
    store: FakeRedis,
    nova: NovaKeypairs,
    kind: str,
) -> None:
    """A creation whose answer is lost is seen without a retry."""
    member, colleague = caller("member"), caller("colleague")
    names(colleague)
    meet(populated, nova, is_lost=True)
    refusal(create(member, kind), 504, "upstream_timeout")
    assert "new" in names(colleague)


@pytest.mark.parametrize("kind", KEYPAIRS)
def test_colleague_was_first(
    member: Caller, populated: Cloud, store: FakeRedis, nova: NovaKeypairs, kind: str
) -> None:
    """If another member has the name, the retry removes what the lost request has left."""
    meet(populated, nova, is_first=True, is_lost=True)
    refusal(create(member, kind), 504, "upstream_timeout")
    refusal(create(member, kind), 409, "idempotency_in_progress")
    settle(store)
    refused = refusal(create(member, kind), 409, "already_exists")
    assert "outcome" not in refused
    assert IN_NOVA not in nova.names(USER)
    assert member.get(f"{PATH}/new").json["keypair"]["user_id"] == COLLEAGUE
    refusal(create(member, kind), 409, "already_exists")


@pytest.mark.parametrize("kind", KEYPAIRS)
def test_not_removed(
    member: Caller, populated: Cloud, store: FakeRedis, nova: NovaKeypairs, kind: str
) -> None:
    """If Nova does not remove the keypair, neither answer says that nothing was done."""
    meet(populated, nova, is_first=True)
    populated.answer("DELETE", "nova", f"/os-keypairs/{IN_NOVA}", {}, status=403)
    for _attempt in range(2):
        refused = refusal(create(member, kind), 409, "already_exists")
        assert refused["outcome"] == "unknown"
        settle(store)


def test_own_keypair_of_another_time(
    member: Caller, populated: Cloud, store: FakeRedis, nova: NovaKeypairs
) -> None:
    """A keypair of the caller that no attempt has noted is not removed."""
    nova.add(COLLEAGUE, IN_NOVA, "ssh-ed25519 BBBB other")
    nova.add(USER, IN_NOVA, KEYPAIRS["imported"]["public_key"])
    refusal(create(member, "imported"), 409, "already_exists")
    assert IN_NOVA in nova.names(USER)


def test_former_members_name(
    caller: Callable[[str], Caller], populated: Cloud, store: FakeRedis, nova: NovaKeypairs
) -> None:
    """A keypair in Nova with a former member's name does not replace that member's keypair."""
    member = caller("member")
    frozen = nova.add(COLLEAGUE, IN_NOVA, "ssh-ed25519 BBBB other")["fingerprint"]
    assert "new" in names(member)
    nova.members[PROJECT].remove(COLLEAGUE)
    nova.add(USER, IN_NOVA, KEYPAIRS["imported"]["public_key"])
    refusal(create(member, "imported"), 409, "already_exists")
    assert member.get(f"{PATH}/new").json["keypair"]["fingerprint"] == frozen


def test_foreign_404(
    member: Caller, populated: Cloud, store: FakeRedis, nova: NovaKeypairs
) -> None:
    """A 404 that is not Nova's own does not tell that an earlier attempt has created nothing."""
    meet(populated, nova, is_lost=True)
    refusal(create(member, "imported"), 504, "upstream_timeout")
    settle(store)
    populated.forget()
    populated.answer("GET", "nova", f"/os-keypairs/{IN_NOVA}", status=404, text="<html>")
    refusal(create(member, "imported"), 502, "upstream_error")
    assert populated.writes() == []
