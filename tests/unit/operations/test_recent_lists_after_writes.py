# SPDX-License-Identifier: Apache-2.0
"""Writes end the use of recent lists, whoever has sent them."""

from collections.abc import Callable
from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.operations.instances import resize_confirmation
from kic_vm.operations.networks import made_ports
from kic_vm.operations.request import RequestServices
from tests.unit.bodies import PORT, SERVER
from tests.unit.cloud import Cloud
from tests.unit.conftest import Caller
from tests.unit.operations.bounded_reads import BOUND, INSTANCE, OPERATIONS, reads
from tests.unit.prepared import prepare
from tests.unit.requests_of import arguments_of, path_of

# Writes by their method that change nothing of the lists, or nothing at all.
ASIDE = {"/api/v1/projects", "/api/v1/keypairs"}
WRITES = [one for one in OPERATIONS if one[0] != "GET" and not one[1].startswith(tuple(ASIDE))]


@pytest.fixture
def options() -> str:
    return "[redis]\nurl = redis://redis.test\n"


@pytest.mark.parametrize("elsewhere_too", [False, True])
def test_every_write(
    elsewhere: Callable[[str], Caller],
    populated: Cloud,
    elsewhere_too: bool,
) -> None:
    """After a write through any process, whatever comes of it, nothing known is used any more."""
    here = elsewhere("admin")
    writer = elsewhere("admin") if elsewhere_too else here
    for method, template in WRITES:
        here.get("/api/v1/flavors", headers=BOUND)
        prepare(populated, f"{method} {template}")
        populated.forget()
        writer.request(method, path_of(method, template), **arguments_of(method, template))
        is_written = bool([one for one in populated.writes() if "getConsole" not in one])
        reads(populated)
        here.get("/api/v1/flavors", headers=BOUND)
        assert (reads(populated) != []) == is_written, (method, template)


def test_worker(admin: Caller, populated: Cloud, conf: cfg.ConfigOpts) -> None:
    """What the worker changes drops the lists of the project to which it belongs."""
    state = deploy.load_app_state(conf)
    gateway = RequestServices.of(state, RequestContext(auth=state.cloud.service_auth))
    populated.answer("DELETE", "neutron", f"/ports/{PORT['id']}", status=204)
    server: Any = SERVER
    ports: list[Any] = [PORT]
    changes: list[Callable[[], object]] = [
        lambda: resize_confirmation.confirm(state, gateway.openstack.compute, server),
        lambda: made_ports.remove(gateway, ports),
    ]
    for change in changes:
        admin.get("/api/v1/instances", headers=BOUND)
        populated.forget()
        change()
        assert len(populated.writes()) == 1
        reads(populated)
        admin.get("/api/v1/instances", headers=BOUND)
        assert reads(populated) != []


@pytest.mark.parametrize("failure", [ConnectionError, TimeoutError])
def test_lost_write(admin: Caller, populated: Cloud, failure: type[Exception]) -> None:
    """So it is when nobody knows what came of the write."""
    admin.get("/api/v1/instances", headers=BOUND)
    populated.lose_writes(failure)
    assert admin.post(f"{INSTANCE}/stop").status_code >= 500
    reads(populated)
    admin.get("/api/v1/instances", headers=BOUND)
    assert reads(populated) != []


def test_console_output(admin: Caller, populated: Cloud) -> None:
    """To read a console is a POST in Nova, and no write."""
    admin.get("/api/v1/instances", headers=BOUND)
    admin.get(f"{INSTANCE}/console-logs", query_string={"lines": 2})
    reads(populated)
    admin.get("/api/v1/instances", headers=BOUND)
    assert reads(populated) == []
