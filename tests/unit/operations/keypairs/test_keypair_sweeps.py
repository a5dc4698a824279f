# SPDX-License-Identifier: Apache-2.0
"""The worker's sweeps: indexes of all projects, and copies without an original."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.context import RequestContext
from kic_vm.mappings import keypairs as mapping
from kic_vm.operations.request import RequestServices
from kic_vm.operations.worker import keypairs as keypair_upkeep
from tests.unit.bodies import SERVER
from tests.unit.cloud import Cloud
from tests.unit.keypair_requests import COLLEAGUE, COPY
from tests.unit.nova_keypairs import NovaKeypairs
from tests.unit.personas import OTHER_PROJECT, PROJECT, USER

JSON = dict[str, Any]


def gateway_services(conf: cfg.ConfigOpts) -> RequestServices:
    app_state = deploy.load_app_state(conf)
    return RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))


def test_sweep(conf: cfg.ConfigOpts, nova: NovaKeypairs) -> None:
    """Indexes of all projects that have keypairs; copies without an original are removed."""
    stale = mapping.copy_name(PROJECT, USER, "gone")
    old = mapping.copy_name(PROJECT, USER, "recorded")
    nova.add(COLLEAGUE, stale)
    nova.add(COLLEAGUE, old, "ssh-ed25519 AAAA old")
    found = keypair_upkeep.sweep(gateway_services(conf))
    assert found.keys() == {PROJECT}
    assert found[PROJECT].keypairs.keys() == {"recorded"}
    assert nova.names(COLLEAGUE) == [old]


def test_sweep_of_one_project(conf: cfg.ConfigOpts, nova: NovaKeypairs) -> None:
    """Only that project's index is made."""
    nova.add("4" * 32, mapping.nova_name(OTHER_PROJECT, "k"))
    found = keypair_upkeep.sweep(gateway_services(conf), OTHER_PROJECT)
    assert found.keys() == {OTHER_PROJECT}


def test_sweep_comes_before_an_index_expires(conf: cfg.ConfigOpts) -> None:
    """With the defaults a worker makes each index anew while it is trusted still."""
    assert 0 < conf.worker.keypairs_interval + conf.worker.interval < conf.keypairs.index_time


def test_sweeps_of_several_workers(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud
) -> None:
    """Within the interval one sweep is enough."""
    services = gateway_services(conf)
    keypair_upkeep.sweep_if_due(services)
    populated.forget()
    keypair_upkeep.sweep_if_due(services)
    assert populated.calls() == []


def test_sweep_leaves_what_former_members_made(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud
) -> None:
    """Copies are all that is known of a keypair whose creator has left and deleted it."""
    nova.add(COLLEAGUE, COPY)
    nova.members[PROJECT].remove(USER)
    del nova.owned[USER, SERVER["key_name"]]
    found = keypair_upkeep.sweep(gateway_services(conf))
    assert found[PROJECT].keypairs.keys() == {"recorded"}
    assert populated.writes() == []


def test_sweep_while_the_creator_is_removed(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud
) -> None:
    """A creator who is removed after the lists were read has deleted nothing in the project."""
    nova.add(COLLEAGUE, COPY)
    original = nova.owned.pop((USER, SERVER["key_name"]))

    def gone(request: Any, context: Any) -> JSON:
        nova.members[PROJECT].remove(USER)
        return nova._get(request, context)

    populated.answer("GET", "nova", f"/os-keypairs/{original['name']}", gone)
    keypair_upkeep.sweep(gateway_services(conf))
    assert populated.writes() == []
    assert nova.names(COLLEAGUE) == [COPY]


def test_sweep_of_what_a_list_left_out(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud
) -> None:
    """A list without the original is no proof that it is gone, whatever the creator's id is."""
    nova.members[PROJECT].append("j.doe")
    theirs = nova.add("j.doe", mapping.nova_name(PROJECT, "theirs"))
    for creator, keypair in (("j.doe", theirs), (USER, nova.owned[USER, SERVER["key_name"]])):
        name = mapping.project_name(PROJECT, keypair["name"])
        assert name
        nova.add(COLLEAGUE, mapping.copy_name(PROJECT, creator, name), keypair["public_key"])
        path = f"/os-keypairs?user_id={creator}"
        populated.answer("GET", "nova", path, {"keypairs": []})
    keypair_upkeep.sweep(gateway_services(conf))
    assert populated.writes() == []
    assert len(nova.names(COLLEAGUE)) == 2


NOT_NOVAS_WORD: list[JSON] = [
    {"status": 404},
    {"status": 404, "text": "<html>"},
    {"status": 404, "json": []},
    {"status": 404, "json": {"itemNotFound": {"code": 404, "message": "No such path."}}},
    {"status": 404, "json": {"error": {"code": "not_found", "message": SERVER["key_name"]}}},
    {"status": 503},
]


@pytest.mark.parametrize("answer", NOT_NOVAS_WORD)
def test_sweep_without_proof(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud, answer: JSON
) -> None:
    """A 404 of a proxy, or of a service that does not know the name, does not prove it is gone."""
    nova.add(COLLEAGUE, COPY)
    populated.answer("GET", "nova", f"/os-keypairs?user_id={USER}", {"keypairs": []})
    populated.answer("GET", "nova", f"/os-keypairs/{SERVER['key_name']}", **answer)
    with pytest.raises(exceptions.UpstreamError):
        keypair_upkeep.sweep(gateway_services(conf))
    assert populated.writes() == []
    assert nova.names(COLLEAGUE) == [COPY]


@pytest.mark.parametrize("answer", NOT_NOVAS_WORD)
def test_first_of_two_without_proof(
    conf: cfg.ConfigOpts, nova: NovaKeypairs, populated: Cloud, answer: JSON
) -> None:
    """Nor does it let the second one have a name."""
    nova.owned[USER, SERVER["key_name"]]["id"] = 1
    nova.add(COLLEAGUE, SERVER["key_name"])
    path = f"/os-keypairs/{SERVER['key_name']}?user_id={USER}"
    populated.answer("GET", "nova", path, **answer)
    with pytest.raises(exceptions.UpstreamError):
        keypair_upkeep.sweep(gateway_services(conf))
