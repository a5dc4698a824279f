# SPDX-License-Identifier: Apache-2.0
"""The addresses that kic-vm-api listens on."""

import contextlib
import errno
import os
import socket
import time
from typing import Final, NamedTuple

from oslo_config import cfg

# A former server may take this long to end; gunicorn, too, tries for five seconds.
_PATIENCE_SECONDS: Final = 5.0
_INTERVAL_SECONDS: Final = 0.2
# systemd or a former server passes open sockets on, and gunicorn uses them.
_PASSED_SOCKETS: Final = ("LISTEN_FDS", "GUNICORN_FD")


class _Address(NamedTuple):
    """An address, with the group of options that it is from."""

    group: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def names(conf: cfg.ConfigOpts) -> list[str]:
    """The addresses in gunicorn's notation, such as ``[::1]:8788``."""
    return [str(address) for address in _addresses(conf)]


def check(conf: cfg.ConfigOpts) -> None:
    """Check that a server that starts can listen on its addresses.

    It waits for a former server that is about to end.

    :raises oslo_config.cfg.Error: the server cannot listen on an address
    """
    if any(name in os.environ for name in _PASSED_SOCKETS):
        return
    for address in _addresses(conf):
        _check(address, _PATIENCE_SECONDS)


def check_new(conf: cfg.ConfigOpts, present: cfg.ConfigOpts) -> None:
    """Check that the server can listen on the new addresses of a configuration.

    gunicorn would stop the running server if it could not use an address.

    :raises oslo_config.cfg.Error: the server cannot listen on an address
    """
    in_use = names(present)
    for address in _addresses(conf):
        if str(address) not in in_use:
            _check(address)


def _addresses(conf: cfg.ConfigOpts) -> list[_Address]:
    api, metrics = conf.api, conf.metrics
    addresses = [_Address("api", api.host, api.port)]
    if metrics.port:
        addresses.append(_Address("metrics", metrics.host, metrics.port))
    return addresses


def _check(address: _Address, patience: float = 0.0) -> None:
    """Check an address.

    :param patience: seconds to wait for another process that still listens on it
    """
    end = time.monotonic() + patience
    while True:
        try:
            _bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= end:
                raise cfg.ConfigFileValueError(
                    f"[{address.group}] host and port: cannot listen on {address}: {error.strerror}"
                ) from error
            time.sleep(_INTERVAL_SECONDS)
        else:
            return


def _bind(address: _Address) -> None:
    # The same choice as gunicorn's: a name stands for an IPv4 address.
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address.host, address.port))
