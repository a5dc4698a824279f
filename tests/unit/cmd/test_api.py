# SPDX-License-Identifier: Apache-2.0
"""The server as a worker process of it begins."""

import gc
import logging
import resource
from collections.abc import Iterator

import pytest
from oslo_config import cfg

from kic_vm.cmd.api import Server
from kic_vm.policy import create_enforcer


@pytest.fixture
def python_defaults() -> Iterator[None]:
    """Python's own way to look for garbage cycles, within the test."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield
    gc.set_threshold(*before)


def test_memory(conf: cfg.ConfigOpts, python_defaults: None) -> None:
    """A worker looks for cycles less often, once it has loaded all."""
    assert callable(Server([], conf, create_enforcer(conf)).load())
    assert gc.get_threshold()[0] >= 50_000
    assert gc.get_freeze_count() > 0


@pytest.fixture
def open_files() -> Iterator[None]:
    """A limit on open files that leaves room for 100 connections, within the test."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (356, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_limits(conf: cfg.ConfigOpts) -> None:
    """They are those of the configuration."""
    conf.set_override("head_timeout", 3, "api")
    conf.set_override("max_connections", 100, "api")
    conf.set_override("max_request_body_size", 1234, "oslo_middleware")
    limits = Server([], conf, create_enforcer(conf)).limits
    assert (limits.head_timeout, limits.body_maximum) == (3, 1234)
    assert limits.connections_maximum == 100


def test_few_open_files(
    conf: cfg.ConfigOpts, open_files: None, caplog: pytest.LogCaptureFixture
) -> None:
    """There are only as many connections as the limit on open files allows, and the log says so."""
    with caplog.at_level(logging.WARNING):
        assert Server([], conf, create_enforcer(conf)).limits.connections_maximum == 100
    assert "must be 4352" in caplog.text
