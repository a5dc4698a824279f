# SPDX-License-Identifier: Apache-2.0
"""One gateway for the tests of operations: they look at calls, not at what it remembers."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from tests.unit.fake_redis import FakeRedis


@pytest.fixture
def application(
    options: str, conf: cfg.ConfigOpts, store: FakeRedis, shared_application: Any
) -> Any:
    """The shared pipeline, or one of its own for a test with options of its own."""
    return deploy.load_app(conf) if options else shared_application
