# SPDX-License-Identifier: Apache-2.0
"""A gateway of each test's own, with Redis, and a Nova of two cells."""

from typing import Any

import pytest
from oslo_config import cfg

from kic_vm import deploy
from tests.unit.cloud import Cloud
from tests.unit.fake_redis import FakeRedis
from tests.unit.operations.history.two_cells import TwoCells


@pytest.fixture
def options() -> str:
    return f"[redis]\nurl = redis://redis.test/0\nsecret = {'s' * 32}\n"


@pytest.fixture
def application(conf: cfg.ConfigOpts, store: FakeRedis) -> Any:
    """A gateway that remembers nothing of other tests."""
    return deploy.load_app(conf)


@pytest.fixture
def nova(populated: Cloud) -> TwoCells:
    """A server in each of two cells, one of which fails."""
    return TwoCells(populated)
