# SPDX-License-Identifier: Apache-2.0
"""The check of the files for TLS: libraries read them only with the first connection."""

import dataclasses
import ssl
from pathlib import Path
from typing import Any

from oslo_config import cfg
from redis.connection import parse_url

from kic_vm.conf import logins, redis, redis_url


@dataclasses.dataclass(frozen=True, slots=True)
class _Files:
    """The files of one kind of connections, and the option that names each."""

    authorities: tuple[str, str | None]
    certificate: tuple[str, str | None]
    key: tuple[str, str | None]


def check(conf: cfg.ConfigOpts) -> None:
    """Check the certificates and keys for connections to OpenStack and Redis.

    :raises oslo_config.cfg.Error: a file cannot be used; the error names the option
    """
    for group in logins.GROUPS:
        options = conf[group]
        _check(
            _Files(
                (f"[{group}] cafile", None if options.insecure else options.cafile),
                (f"[{group}] certfile", options.certfile),
                (f"[{group}] keyfile", options.keyfile),
            )
        )
    url = conf.redis.url
    if url and redis_url.parse_sentinel_url(url) is None:
        given: dict[str, Any] = parse_url(url)
        place = f"[{redis.GROUP}] url:"
        _check(
            _Files(
                (f"{place} ssl_ca_certs", given.get("ssl_ca_certs")),
                (f"{place} ssl_certfile", given.get("ssl_certfile")),
                (f"{place} ssl_keyfile", given.get("ssl_keyfile")),
            )
        )


def _check(files: _Files) -> None:
    option, path = files.authorities
    if path:
        _check_authorities(option, path)
    for option, path in (files.certificate, files.key):
        if path:
            _check_readable(option, path)
    option, path = files.certificate
    key_option, key_path = files.key
    if key_path and not path:
        raise cfg.ConfigFileValueError(f"{option}: a value is required beside {key_option}")
    if path:
        try:
            _new_context().load_cert_chain(path, key_path or None, password=_no_passphrase)
        except (OSError, ValueError) as error:
            raise cfg.ConfigFileValueError(
                f"{option}: {path} must contain a certificate, and {key_path or path} its private "
                "key without a passphrase, in PEM format"
            ) from error


def _check_authorities(option: str, path: str) -> None:
    if Path(path).is_dir():
        return
    _check_readable(option, path)
    try:
        _new_context().load_verify_locations(path)
    except OSError as error:
        raise cfg.ConfigFileValueError(
            f"{option}: {path} must contain certificates in PEM format"
        ) from error


def _check_readable(option: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise cfg.ConfigFileValueError(f"{option}: {path}: {error.strerror}") from error


def _new_context() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _no_passphrase() -> str:
    """Otherwise OpenSSL would ask for it at the terminal."""
    raise ValueError("the key needs a passphrase")
