# SPDX-License-Identifier: Apache-2.0
"""The check of Nova's record of deleted servers."""

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.operations.checks import records
from kic_vm.operations.checks.finding import Level
from kic_vm.operations.request import RequestServices
from tests.unit.cloud import Cloud

DELETED = "/servers?all_tenants=1&deleted=true"
OLDEST = "/servers/detail?all_tenants=1&sort_key=created_at"


@pytest.fixture
def gateway(conf: cfg.ConfigOpts, cloud: Cloud) -> RequestServices:
    """The gateway's own user."""
    app_state = deploy.load_app_state(conf)
    return RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))


@pytest.mark.parametrize(
    ("deleted", "created", "level", "word"),
    [
        ([{"id": "old"}], [], Level.SUCCESS, "at least 62 days"),
        ([], [], Level.SUCCESS, "too young"),
        ([], ["2999-01-01T00:00:00Z"], Level.SUCCESS, "too young"),
        ([], ["2020-01-01T00:00:00Z"], Level.WARNING, "run kic-vm-manage usage seal before it"),
    ],
)
def test_archiving(
    gateway: RequestServices,
    cloud: Cloud,
    deleted: list[dict[str, str]],
    created: list[str],
    level: Level,
    word: str,
) -> None:
    """An old cloud without an old deleted server archives too early."""
    cloud.answer("GET", "nova", DELETED, {"servers": deleted})
    servers = [{"id": "oldest", "created": stamp} for stamp in created]
    cloud.answer("GET", "nova", OLDEST, {"servers": servers})
    finding = records.archiving(gateway)
    assert finding.level is level
    assert word in finding.sentence
