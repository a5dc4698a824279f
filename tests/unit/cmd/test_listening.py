# SPDX-License-Identifier: Apache-2.0
"""The check of the addresses that kic-vm-api listens on."""

import socket
import threading

import pytest
from oslo_config import cfg

from kic_vm import conf as configuration
from kic_vm.cmd import listening


@pytest.fixture
def taken() -> socket.socket:
    """A port that another process listens on."""
    return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def options(taken: socket.socket) -> str:
    return f"[api]\nport = {taken.getsockname()[1]}\n"


def test_former_server_that_ends(conf: cfg.ConfigOpts, taken: socket.socket) -> None:
    """A server that starts waits until the former one has closed its socket."""
    timer = threading.Timer(0.5, taken.close)
    timer.start()
    listening.check(conf)
    timer.join()


def test_reload(conf: cfg.ConfigOpts, taken: socket.socket) -> None:
    """A reload does not wait: requests would wait with it."""
    present = configuration.create()
    present([])
    with taken, pytest.raises(cfg.ConfigFileValueError, match="Address already in use"):
        listening.check_new(conf, present)
