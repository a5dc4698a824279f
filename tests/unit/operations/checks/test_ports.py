# SPDX-License-Identifier: Apache-2.0
"""What the check says of the ports of the gateway and the worker."""

import pytest
from oslo_config import cfg

from kic_vm import deploy
from kic_vm.context import RequestContext
from kic_vm.operations.checks.finding import Level
from kic_vm.operations.checks.ports import worker_port
from kic_vm.operations.request import RequestServices

PORTS = "[metrics]\nport = 9788\nworker_port = {}\n"


@pytest.fixture
def options(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("", None),
        (PORTS.format(9789), None),
        (PORTS.format(8788), "[api] port"),
        (PORTS.format(9788), "[metrics] port"),
        (PORTS.format(8788) + "host = 192.0.2.10\n", None),
        (PORTS.format(8788) + "host = 192.0.2.10\n[api]\nhost = 0.0.0.0\n", "[api] port"),
        (PORTS.format(8788) + "host = ::\n", "[api] port"),
    ],
    indirect=["options"],
)
def test_worker_port(conf: cfg.ConfigOpts, named: str | None) -> None:
    """A port that two processes of one host would listen on is named, with a solution."""
    app_state = deploy.load_app_state(conf)
    gateway = RequestServices.of(app_state, RequestContext(auth=app_state.cloud.service_auth))
    level, sentence = worker_port(gateway)
    assert level is (Level.WARNING if named else Level.SUCCESS)
    if named:
        assert f"[metrics] worker_port is the same as {named}: " in sentence
