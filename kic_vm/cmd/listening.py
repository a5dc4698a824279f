# SPDX-License-Identifier: Apache-2.0
"""The addresses that kic-vm-api listens on."""

import contextlib
import socket

from oslo_config import cfg


def names(conf: cfg.ConfigOpts) -> list[str]:
    """The addresses in gunicorn's notation, such as ``[::1]:8788``."""
    return [_name(host, port) for host, port in _addresses(conf)]


def check_new(conf: cfg.ConfigOpts, present: cfg.ConfigOpts) -> None:
    """Check that the server can listen on the new addresses of a configuration.

    gunicorn would stop the running server if it could not use an address.

    :raises oslo_config.cfg.Error: the server cannot listen on an address
    """
    for host, port in _addresses(conf):
        if (host, port) not in _addresses(present):
            _check(host, port)


def _addresses(conf: cfg.ConfigOpts) -> list[tuple[str, int]]:
    api, metrics = conf.api, conf.metrics
    return [(api.host, api.port), *([(metrics.host, metrics.port)] if metrics.port else [])]


def _check(host: str, port: int) -> None:
    try:
        family, kind, protocol, _canonical, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        with contextlib.closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise cfg.ConfigFileValueError(
            f"[api] and [metrics] host and port: cannot listen on {_name(host, port)}: "
            f"{error.strerror}"
        ) from error


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
