# SPDX-License-Identifier: Apache-2.0
"""A member who is removed while an index is built: nothing that the member then does counts."""

from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.keypairs import index
from kic_vm.operations.request import RequestServices
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
PLANTED = mapping.nova_name(PROJECT, "planted")
# The roles, and the keypairs of three users; the roles once more if the keypairs have changed.
BUILD = 5
SECOND_LOOK = 2


@pytest.fixture
def removed_then(nova: NovaKeypairs, populated: Cloud) -> Callable[[Callable[[], Any]], None]:
    """Have a member removed right after Keystone has told the roles, and then do something."""

    def prepare(then: Callable[[], Any]) -> None:
        assignments = nova._assignments

        def tell_and_remove(request: Any, context: Any) -> JSON:
            told = assignments(request, context)
            if USER in nova.members[PROJECT]:
                remove(nova)
                then()
            return told

        populated.answer("GET", "keystone", "/role_assignments", tell_and_remove)

    return prepare


def test_deleted(
    caller: Callers, nova: NovaKeypairs, removed_then: Callable[[Callable[[], Any]], None]
) -> None:
    """The keypair stays in the project, and its name stays taken."""
    assert names(caller("colleague")) == ["recorded"]
    removed_then(lambda: nova.owned.pop((USER, ORIGINAL)))
    have_index_made_anew(caller("colleague"))
    assert names(caller("reader")) == ["recorded"]
    refusal(create(caller("colleague"), name="recorded"), 409, "already_exists")
    assert launch(caller("colleague"), "recorded").status_code == 202


@pytest.mark.parametrize("is_index_lost", [False, True])
def test_planted(
    caller: Callers,
    nova: NovaKeypairs,
    removed_then: Callable[[Callable[[], Any]], None],
    is_index_lost: bool,
) -> None:
    """A new name is not the project's, whether or not there is an index to compare with."""
    if not is_index_lost:
        assert names(caller("colleague")) == ["recorded"]
    removed_then(lambda: nova.add(USER, PLANTED, OTHER))
    if not is_index_lost:
        have_index_made_anew(caller("colleague"))
    assert "planted" not in names(caller("reader"))
    refusal(launch(caller("colleague"), "planted"), 400, "invalid_request")


def test_voted(
    caller: Callers, nova: NovaKeypairs, removed_then: Callable[[Callable[[], Any]], None]
) -> None:
    """A copy of the removed member's decides no dispute."""
    copy = mapping.copy_name(PROJECT, "6" * 32, "old")
    copies = [nova.add(COLLEAGUE, copy), nova.add(ADMIN, copy, OTHER)]
    shown = caller("reader").get(f"{PATH}/old").json["keypair"]["fingerprint"]
    (other,) = [keypair for keypair in copies if keypair["fingerprint"] != shown]
    removed_then(lambda: nova.add(USER, copy, other["public_key"]))
    assert create(caller("colleague"), name="another").status_code == 201
    assert caller("reader").get(f"{PATH}/old").json["keypair"]["fingerprint"] == shown


def test_calls(conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud) -> None:
    """The roles are read again if a name, its user or its key has changed, and only then."""
    services = RequestServices.of(
        deploy.load_app_state(conf), RequestContext(project_id=PROJECT, user_id=COLLEAGUE)
    )

    def calls() -> int:
        populated.forget()
        index.rebuild(services)
        return len(populated.calls())

    assert calls() == BUILD + SECOND_LOOK  # there was no index
    assert calls() == BUILD
    nova.add(COLLEAGUE, COPY)
    nova.add(COLLEAGUE, "native")
    assert calls() == BUILD
    changes: list[Callable[[], Any]] = [
        lambda: nova.add(COLLEAGUE, mapping.nova_name(PROJECT, "new")),
        lambda: nova.add(USER, ORIGINAL, OTHER),
        lambda: nova.add(ADMIN, nova.owned.pop((USER, ORIGINAL))["name"], OTHER),
        lambda: nova.owned.pop((ADMIN, ORIGINAL)),
    ]
    for change in changes:
        change()
        assert calls() == BUILD + SECOND_LOOK
        assert calls() == BUILD
