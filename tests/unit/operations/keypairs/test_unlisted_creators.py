# SPDX-License-Identifier: Apache-2.0
"""Creators whose role comes from a federation or a trust: Keystone does not list it.

Their absence from the list does not prove that they have left the project.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.keypairs import index
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import keypairs as keypair_upkeep
from tests.unit.bodies import error
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, create, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.operations.keypairs.former_members import ADMIN, ORIGINAL, have_index_made_anew
from tests.unit.operations.keypairs.test_keypair_sweeps import gateway_services
from tests.unit.personas import PROJECT, USER

JSON = dict[str, Any]
Callers = Callable[[str], Caller]


@pytest.fixture
def unlisted(nova: NovaKeypairs) -> NovaKeypairs:
    """The creator of the recorded keypair has a role in the token only."""
    nova.members[PROJECT].remove(USER)
    nova.of_tokens[USER] = ["member", "reader"]
    return nova


@pytest.fixture
def federated(unlisted: NovaKeypairs) -> NovaKeypairs:
    """The same for a user of an identity provider."""
    unlisted.federated.add(USER)
    return unlisted


def refuse_deletion(caller: Caller) -> None:
    message = refusal(caller.delete(f"{PATH}/recorded"), 409, "conflict")["message"]
    assert "may still be a member" in message


def test_admitted_by_token(caller: Callers, unlisted: NovaKeypairs, populated: Cloud) -> None:
    """An admin cannot delete the keypair of a user whom a token has shown to be a member."""
    assert names(caller("member")) == ["recorded"]
    assert launch(caller("colleague"), "recorded").status_code == 202
    have_index_made_anew(caller("colleague"))
    populated.forget()
    refuse_deletion(caller("admin"))
    assert populated.writes() == []
    assert unlisted.names(COLLEAGUE) == [COPY]
    refusal(create(caller("colleague"), name="recorded"), 409, "already_exists")
    assert caller("member").delete(f"{PATH}/recorded").status_code == 204
    assert unlisted.names(USER) == unlisted.names(COLLEAGUE) == []


def test_federated(
    caller: Callers, elsewhere: Callers, federated: NovaKeypairs, populated: Cloud
) -> None:
    """Nor that of a user of an identity provider, although Redis has lost all data."""
    launch(caller("member"), "recorded")
    launch(caller("colleague"), "recorded")
    populated.forget()
    refuse_deletion(elsewhere("admin"))
    assert populated.writes() == []
    assert federated.names(COLLEAGUE) == [COPY]
    refusal(create(elsewhere("colleague"), name="recorded"), 409, "already_exists")


def test_user_removed_from_keystone(caller: Callers, unlisted: NovaKeypairs) -> None:
    """A user whom Keystone does not have any more has left: an admin can delete the keypair."""
    names(caller("member"))
    launch(caller("colleague"), "recorded")
    unlisted.removed_users.add(USER)
    assert caller("admin").delete(f"{PATH}/recorded").status_code == 204
    assert unlisted.names(COLLEAGUE) == []


@pytest.mark.parametrize(
    "answer", [{"status": 404, "text": "<html>"}, error("keystone_404_token"), {"status": 500}]
)
def test_user_whom_a_proxy_does_not_find(
    caller: Callers, federated: NovaKeypairs, populated: Cloud, answer: JSON
) -> None:
    """Only Keystone's own 404 about this user proves that the user has gone."""
    names(caller("member"))
    launch(caller("colleague"), "recorded")
    populated.answer("GET", "keystone", f"/users/{USER}", **answer)
    populated.forget()
    refusal(caller("admin").delete(f"{PATH}/recorded"), 502, "upstream_error")
    assert populated.writes() == []


def test_role_that_keystone_lists_later(caller: Callers, unlisted: NovaKeypairs) -> None:
    """A role that Keystone lists, and then no longer, was taken from the user."""
    names(caller("member"))
    unlisted.members[PROJECT].append(USER)
    have_index_made_anew(caller("colleague"))
    unlisted.members[PROJECT].remove(USER)
    assert caller("admin").delete(f"{PATH}/recorded").status_code == 204


def test_copies_of_two_creators(
    caller: Callers, elsewhere: Callers, nova: NovaKeypairs, populated: Cloud
) -> None:
    """With a former member's copies, those of a possible member with the same name stay."""
    left, possible = "6" * 32, "7" * 32
    nova.federated.add(possible)
    nova.owned.clear()
    for holder, creator in ((COLLEAGUE, left), (ADMIN, left), (COLLEAGUE, possible)):
        nova.add(holder, mapping.copy_name(PROJECT, creator, "recorded"))
    admin = caller("admin")
    assert admin.get(f"{PATH}/recorded").json["keypair"]["user_id"] == left
    assert admin.delete(f"{PATH}/recorded").status_code == 204
    assert nova.names(ADMIN) == []
    assert nova.names(COLLEAGUE) == [mapping.copy_name(PROJECT, possible, "recorded")]
    assert admin.get(f"{PATH}/recorded").json["keypair"]["user_id"] == possible
    refuse_deletion(admin)


def test_index_of_an_earlier_version(conf: cfg.ConfigOpts, nova: NovaKeypairs) -> None:
    """An index that does not record how a creator was admitted still has the keypairs."""
    app_state = deploy.load_app_state(conf)
    services = RequestServices.of(app_state, RequestContext(project_id=PROJECT, user_id=COLLEAGUE))
    index.get(services)
    stored = json.loads(app_state.cache.get(f"keypairs:{PROJECT}") or b"")
    del stored["keypairs"]["recorded"]["creator_is_unlisted"]
    app_state.cache.set(f"keypairs:{PROJECT}", json.dumps(stored).encode(), 60)
    nova.members[PROJECT].remove(USER)
    keypair = index.rebuild(services).keypairs["recorded"]
    assert (keypair["user_id"], keypair["creator_has_left"]) == (USER, True)


class TestSweep:
    """The worker knows no member's token, but shares the index with the gateways."""

    @pytest.fixture
    def options(self) -> str:
        """A Redis that all processes share."""
        return f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"

    def test_index(
        self, caller: Callers, unlisted: NovaKeypairs, populated: Cloud, conf: cfg.ConfigOpts
    ) -> None:
        """The worker keeps what a token has shown, and removes no copy."""
        names(caller("member"))
        launch(caller("colleague"), "recorded")
        unlisted.owned.pop((USER, ORIGINAL))
        populated.forget()
        for _time in range(2):
            found = keypair_upkeep.sweep(gateway_services(conf))
            assert found[PROJECT].keypairs.keys() == {"recorded"}
        assert populated.writes() == []
        refuse_deletion(caller("admin"))
        assert unlisted.names(COLLEAGUE) == [COPY]
