# SPDX-License-Identifier: Apache-2.0
"""What the gateway's own user may change: what is declared, and nothing else."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy, exceptions
from kic_vm.context import RequestContext
from kic_vm.operations.request import RequestServices
from tests.unit.bodies import PORT, SERVER
from tests.unit.cloud import Cloud
from tests.unit.personas import PROJECT, USER


@pytest.fixture
def gateway(conf: cfg.ConfigOpts, populated: Cloud) -> RequestServices:
    """The services in the name of the gateway's own user, for a request of a member's."""
    app_state = deploy.load_app_state(conf)
    return RequestServices.of(
        app_state, RequestContext(project_id=PROJECT, user_id=USER)
    ).as_gateway()


def test_declared(gateway: RequestServices, populated: Cloud) -> None:
    """It goes out."""
    gateway.openstack.compute.act(SERVER["id"], "confirmResize")
    assert len(populated.writes()) == 1


def test_not_declared(gateway: RequestServices, populated: Cloud) -> None:
    """It does not, whatever operation asks for it: it is a defect of the gateway."""
    openstack = gateway.openstack
    ports: list[Any] = [PORT]
    for change in (
        lambda: openstack.compute.delete_server(SERVER["id"]),
        lambda: openstack.compute.create_keypair("name", None),
        lambda: openstack.network.create_ports(ports),
    ):
        with pytest.raises(exceptions.InternalError):
            change()
    assert populated.calls() == []
