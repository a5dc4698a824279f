# SPDX-License-Identifier: Apache-2.0
"""Whether the check of the gateway's user names the grants that are missing."""

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.cmd.worker import gateway_services
from kic_vm.operations.checks import identity
from kic_vm.operations.checks.finding import Level
from kic_vm.operations.request import RequestServices
from tests.unit.cloud import Cloud
from tests.unit.nova_servers import REPORT
from tests.unit.personas import PROJECT


@pytest.fixture
def gateway(conf: cfg.ConfigOpts, populated: Cloud) -> RequestServices:
    populated.answer("GET", "keystone", f"/projects/{PROJECT}", {"project": {"id": PROJECT}})
    return gateway_services(deploy.load_app_state(conf))


def test_grants(gateway: RequestServices) -> None:
    """A user with all grants."""
    level, _sentence = identity.grants(gateway)
    assert level is Level.SUCCESS


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("service", "path", "name"),
    [
        ("nova", "/servers/detail?all_tenants=1", "kic-vm-worker"),
        ("nova", "/os-services?binary=nova-compute", "usage and long lists"),
        ("keystone", "/roles", "project members"),
    ],
)
def test_missing_grant(
    gateway: RequestServices, populated: Cloud, service: str, path: str, name: str, status: int
) -> None:
    """Each grant is tried, and the one that is refused is named."""
    populated.answer("GET", service, path, {}, status)
    level, sentence = identity.grants(gateway)
    assert level is Level.WARNING
    assert name in sentence


def test_missing_report(gateway: RequestServices, populated: Cloud) -> None:
    """Nova's default policy shows it to every reader of the project."""
    populated.answer("GET", "nova", f"{REPORT}/{PROJECT}", {}, 403)
    level, sentence = identity.grants(gateway)
    assert level is Level.WARNING
    assert "show usage reports" in sentence
