# SPDX-License-Identifier: Apache-2.0
"""The worker and ports that never had a server: a server may still be built with them."""

import threading
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd import worker
from tests.unit.cloud import MICROVERSION, Cloud
from tests.unit.cmd.rounds import run
from tests.unit.cmd.test_worker_ports import AT_NEUTRON, REMOVED, made, with_ports
from tests.unit.nova_servers import serve, servers
from tests.unit.personas import OTHER_PROJECT, PROJECT

JSON = dict[str, Any]
SERVICES = "/os-services?binary=nova-compute"
UP = {"binary": "nova-compute", "host": "one", "status": "enabled"}


@pytest.fixture
def unused(quiet: Cloud) -> Cloud:
    """A cloud with a port that was made long ago and never had a server."""
    serve(quiet, [])
    quiet.answer("DELETE", "neutron", AT_NEUTRON, status=204)
    with_ports(quiet, made())
    return quiet


def building(project_id: str) -> JSON:
    """A server that is being built."""
    states = {"status": "BUILD", "OS-EXT-STS:vm_state": "building"}
    return servers(1)[0] | states | {"tenant_id": project_id}


@pytest.mark.parametrize(
    ("found", "writes"),
    [([], REMOVED), ([building(PROJECT)], []), ([building(OTHER_PROJECT)], REMOVED)],
)
def test_creation_that_may_come(
    conf: cfg.ConfigOpts, unused: Cloud, found: list[JSON], writes: list[str]
) -> None:
    """The port stays while a server of its project is being built."""
    serve(unused, found)
    run(conf)
    assert unused.writes() == writes


@pytest.mark.parametrize(("project_id", "writes"), [(PROJECT, []), (OTHER_PROJECT, REMOVED)])
def test_cell_that_fails_once(
    conf: cfg.ConfigOpts, unused: Cloud, project_id: str, writes: list[str]
) -> None:
    """A cell that fails only during the list hides a server that is being built: the port stays.

    Nova shows which projects have servers there, so the ports of other projects are removed.
    """
    hidden = building(project_id)
    serve(unused, [hidden], down={hidden["id"]})
    unused.answer("GET", "nova", SERVICES, {"services": [UP]})
    run(conf)
    assert unused.writes() == writes


@pytest.mark.parametrize("max_limit", [2, 3])
def test_long_list(conf: cfg.ConfigOpts, unused: Cloud, lines: list[str], max_limit: int) -> None:
    """Several answers do not show which cells have failed: the port stays, and the log says why."""
    serve(unused, servers(3), max_limit=max_limit)
    run(conf)
    assert unused.writes() == []
    assert any("Keeping 1 unused ports" in line for line in lines)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_no_answer(conf: cfg.ConfigOpts, unused: Cloud, status: int) -> None:
    """Without an answer of Nova's, the port stays."""
    unused.answer("GET", "nova", "/servers/detail", status=status)
    run(conf)
    assert unused.writes() == []


def test_calls(conf: cfg.ConfigOpts, unused: Cloud) -> None:
    """All servers are listed once in the grace time, in the only way that shows lost cells."""
    serve(unused, [building(PROJECT)])
    app_state = deploy.load_app_state(conf)
    for _round in range(2):
        worker.work(app_state, threading.Event(), is_once=True)
    (sent,) = [request for request in unused.sent("nova") if request.url.endswith("?all_tenants=1")]
    assert sent.headers[MICROVERSION] == "compute 2.69"
