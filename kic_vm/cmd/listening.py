# SPDX-License-Identifier: Apache-2.0
"""The addresses that kic-vm-api listens on."""

import contextlib
import os
import socket
from typing import Final, NamedTuple

from oslo_config import cfg

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

    :raises oslo_config.cfg.Error: the server cannot listen on an address
    """
    if any(name in os.environ for name in _PASSED_SOCKETS):
        return
    for address in _addresses(conf):
        _check(address)


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


def _check(address: _Address) -> None:
    # The same choice as gunicorn's: a name stands for an IPv4 address.
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address.host, address.port))
    except OSError as error:
        raise cfg.ConfigFileValueError(
            f"[{address.group}] host and port: cannot listen on {address}: {error.strerror}"
        ) from error
