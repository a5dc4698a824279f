# SPDX-License-Identifier: Apache-2.0
"""The index of a project's keypairs: made from OpenStack, lost, out of date, and claimed twice."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg
from oslo_context import context as oslo_context

from kic_vm import deploy
from kic_vm.cache.memory import MemoryCache
from kic_vm.context import RequestContext
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.keypairs import index
from kic_vm.operations.request import RequestServices
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.envelope import refusal
from tests.unit.keypair_requests import COLLEAGUE, COPY, PATH, key_name_sent, launch, names
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import GATEWAY, PROJECT, USER, token_of

JSON = dict[str, Any]


def test_native_keypair_is_not_used(member: Caller, nova: NovaKeypairs, populated: Cloud) -> None:
    """A keypair that a user has made in Nova itself is the user's, and none of the project's."""
    nova.add(USER, "native")
    assert names(member) == ["recorded"]
    refusal(launch(member, "native"), 400, "invalid_request")
    assert member.post(PATH, json={"keypair": {"name": "native"}}).status_code == 201
    assert sorted(nova.names(USER))[-1] == "native"


def test_caller_whom_keystone_does_not_list(member: Caller, nova: NovaKeypairs) -> None:
    """A role may come with the token alone: what its user makes is there all the same."""
    nova.members[PROJECT].remove(USER)
    nova.of_tokens[USER] = ["member", "reader"]
    assert member.post(PATH, json={"keypair": {"name": "new"}}).status_code == 201
    assert member.get(f"{PATH}/new").status_code == 200
    refusal(member.post(PATH, json={"keypair": {"name": "new"}}), 409, "already_exists")


def test_gone_in_nova(member: Caller, nova: NovaKeypairs) -> None:
    """One that its creator removed in Nova itself is 404 at the first look."""
    assert member.get(f"{PATH}/recorded").status_code == 200
    del nova.owned[USER, SERVER["key_name"]]
    refusal(member.get(f"{PATH}/recorded"), 404, "not_found")
    assert names(member) == []


def test_made_anew_by_another(member: Caller, nova: NovaKeypairs) -> None:
    """Its creator removed it past this gateway, and a colleague took the name: it is there."""
    assert member.get(f"{PATH}/recorded").status_code == 200
    nova.add(COLLEAGUE, SERVER["key_name"])
    del nova.owned[USER, SERVER["key_name"]]
    assert member.get(f"{PATH}/recorded").json["keypair"]["user_id"] == COLLEAGUE


def test_name_that_is_free_again(
    caller: Callable[[str], Caller], nova: NovaKeypairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index some seconds old does not keep a name that was given up past this gateway."""
    caller("colleague").get(PATH)
    del nova.owned[USER, SERVER["key_name"]]
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 6)
    response = caller("colleague").post(PATH, json={"keypair": {"name": "recorded"}})
    assert response.status_code == 201, response.text


@pytest.mark.parametrize(("number", "status"), [(1, 409), (999, 201)])
def test_two_at_the_same_moment(
    member: Caller, nova: NovaKeypairs, populated: Cloud, number: int, status: int
) -> None:
    """Of two who take a name together the first in Nova gets it; the other has nothing left."""
    in_nova = mapping.nova_name(PROJECT, "new")
    create = nova._create

    def create_after_a_colleague(request: Any, context: Any) -> JSON:
        nova.add(COLLEAGUE, in_nova, "ssh-ed25519 AAAA other")["id"] = number
        return create(request, context)

    populated.answer("POST", "nova", "/os-keypairs", create_after_a_colleague)
    assert member.post(PATH, json={"keypair": {"name": "new"}}).status_code == status
    assert (in_nova in nova.names(USER)) == (status == 201)


def test_nobody_can_tell(member: Caller, nova: NovaKeypairs, populated: Cloud) -> None:
    """Where the name cannot be looked for after the creation, nothing stays."""
    member.get(PATH)
    create = nova._create

    def create_and_fail(request: Any, context: Any) -> JSON:
        populated.answer("GET", "keystone", "/role_assignments", status=500)
        return create(request, context)

    populated.answer("POST", "nova", "/os-keypairs", create_and_fail)
    refusal(member.post(PATH, json={"keypair": {"name": "new"}}), 502, "upstream_error")
    assert nova.names(USER) == [SERVER["key_name"]]


@pytest.mark.parametrize("service", ["keystone", "nova"])
def test_gateway_that_may_not_look(
    member: Caller, nova: NovaKeypairs, populated: Cloud, lines: list[str], service: str
) -> None:
    """It says that the operator has to act, and the log says what is missing."""
    forbid(populated, service)
    nova.add(COLLEAGUE, mapping.nova_name(PROJECT, "theirs"))
    for response in (
        member.get(f"{PATH}/theirs"),
        member.delete(f"{PATH}/theirs"),
        launch(member, "theirs"),
        member.post(PATH, json={"keypair": {"name": "new"}}),
    ):
        refusal(response, 502, "gateway_not_allowed")
    assert nova.names(USER) == [SERVER["key_name"]]
    assert populated.writes() == []
    assert any("give it the admin role" in line for line in lines)


@pytest.mark.parametrize("service", ["keystone", "nova"])
def test_own_keypairs_where_the_gateway_may_not_look(
    member: Caller, nova: NovaKeypairs, populated: Cloud, service: str
) -> None:
    """The caller's own need nobody's permission: they are listed, shown, used and deleted."""
    forbid(populated, service)
    nova.add(COLLEAGUE, mapping.nova_name(PROJECT, "theirs"))
    assert names(member) == ["recorded"]
    assert member.get(f"{PATH}/recorded").status_code == 200
    assert launch(member, "recorded").status_code == 202
    assert key_name_sent(populated) == SERVER["key_name"]
    assert member.delete(f"{PATH}/recorded").status_code == 204
    assert nova.names(USER) == []


def forbid(cloud: Cloud, service: str) -> None:
    path = "/role_assignments" if service == "keystone" else f"/os-keypairs?user_id={COLLEAGUE}"
    cloud.answer("GET", service, path, status=403)


def test_gateway_that_may_not_look_any_more(
    member: Caller, nova: NovaKeypairs, populated: Cloud
) -> None:
    """What the operator has to mend is not put down to the caller's role."""
    theirs = mapping.nova_name(PROJECT, "theirs")
    nova.add(COLLEAGUE, theirs)
    member.get(PATH)
    populated.answer("GET", "nova", f"/os-keypairs/{theirs}", status=403)
    refusal(member.get(f"{PATH}/theirs"), 502, "gateway_not_allowed")


class InterruptedCache(MemoryCache):
    """A cache in which something happens right after an index was read."""

    def __init__(self) -> None:
        super().__init__(100)
        self.then: Callable[[], None] | None = None

    def get(self, key: str) -> bytes | None:
        found = super().get(key)
        if key.startswith("keypairs:") and self.then:
            then, self.then = self.then, None
            then()
        return found


def test_change_while_a_copy_is_noted(conf: cfg.ConfigOpts, nova: NovaKeypairs) -> None:
    """The note does not bring back what the index was before the change."""
    cache = InterruptedCache()
    app_state = dataclasses.replace(deploy.load_app_state(conf), cache=cache)
    context = RequestContext(project_id=PROJECT, user_id=COLLEAGUE)
    services = RequestServices.of(app_state, context)
    assert index.get(services).keypairs.keys() == {"recorded"}

    def delete() -> None:
        del nova.owned[USER, SERVER["key_name"]]
        index.invalidate(services)

    cache.then = delete
    index.remember_copy(services, "recorded", COPY, "a fingerprint")
    assert index.get(services).keypairs == {}


@pytest.mark.parametrize("raw", [b"", b"x", b"[]", b"{}", b'{"generation": "", "stale": []}'])
def test_index_that_cannot_be_read(conf: cfg.ConfigOpts, nova: NovaKeypairs, raw: bytes) -> None:
    """What another version, or somebody else, has left in the cache is made anew."""
    app_state = deploy.load_app_state(conf)
    app_state.cache.set(f"keypairs:{PROJECT}", raw, 60)
    services = RequestServices.of(app_state, RequestContext(project_id=PROJECT, user_id=USER))
    assert index.get(services).keypairs.keys() == {"recorded"}


def test_log_names_the_caller(conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud) -> None:
    """After calls with the gateway's own token too, the request's lines say whose it is."""
    services = RequestServices.of(
        deploy.load_app_state(conf), RequestContext(project_id=PROJECT, user_id=COLLEAGUE)
    )
    index.get(services)
    assert populated.sent("nova")[-1].headers["X-Auth-Token"] == token_of(GATEWAY)
    logged = oslo_context.get_current()
    assert logged
    assert (logged.user_id, logged.project_id) == (COLLEAGUE, PROJECT)
    assert logged.request_id == services.context.request_id
    assert services.context.auth is None
