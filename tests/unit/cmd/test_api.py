"""The server as a worker process of it begins."""

import gc
from collections.abc import Iterator

import pytest
from oslo_config import cfg

from kic_vm.cmd.api import Server


@pytest.fixture
def python_defaults() -> Iterator[None]:
    """Python's own way to look for garbage cycles, within the test."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_memory(conf: cfg.ConfigOpts, python_defaults: None) -> None:
    """A worker looks for cycles less often, once it has loaded all."""
    assert callable(Server([], conf).load())
    assert gc.get_threshold()[0] >= 50_000
    assert gc.get_freeze_count() > 0
