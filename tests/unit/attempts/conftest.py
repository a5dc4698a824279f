# SPDX-License-Identifier: Apache-2.0
"""A Redis, and short leases."""

import pytest

from tests.unit.fake_redis import FakeRedis


@pytest.fixture
def server() -> FakeRedis:
    return FakeRedis()


@pytest.fixture
def options() -> str:
    return "[idempotency]\nlease_time = 15\nsettle_time = 30\n"
