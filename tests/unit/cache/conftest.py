# SPDX-License-Identifier: Apache-2.0
"""A Redis for the caches, and a clock for tests of ages."""

from collections.abc import Callable

import pytest

from tests.unit.fake_redis import FakeRedis


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let some seconds pass; otherwise, time stands still."""
    passed = [0.0]
    for name, begin in (("time.monotonic", 1000.0), ("time.time", 1_800_000_000.0)):
        monkeypatch.setattr(name, lambda begin=begin: begin + passed[0])
    return lambda seconds: passed.__setitem__(0, passed[0] + seconds)


@pytest.fixture
def server() -> FakeRedis:
    return FakeRedis()
