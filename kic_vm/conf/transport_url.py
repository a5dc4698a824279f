# SPDX-License-Identifier: Apache-2.0
"""The URL of a message bus, as oslo.messaging takes it."""

import functools
import re
import urllib.parse
from importlib.metadata import entry_points
from typing import Final

from oslo_config import types

_DRIVERS: Final = "oslo.messaging.drivers"
_USUAL: Final = "rabbit"
# A name, an IPv4 address, or an IPv6 one in brackets; a port.
_HOST: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\[\]:@/,\s]+)(?::(\d{1,5}))?")
_FORM: Final = "It must be rabbit://user:password@host:port,user:password@host:port/virtual_host"


class TransportUrl(types.String):  # type: ignore[misc, unused-ignore]
    """The URL of a message bus. Its errors do not contain the password."""

    def __call__(self, value: object) -> str:
        """The URL; an empty one is none.

        :raises ValueError: it is not a valid URL of a message bus
        """
        url: str = super().__call__(value)
        if url and not _is_valid(url):
            raise ValueError(_FORM)
        return url


def _is_valid(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:  # about brackets
        return False
    is_known = parts.scheme in _drivers() and "://" in url
    return is_known and all(_is_host(host) for host in parts.netloc.split(",") if host)


def _is_host(text: str) -> bool:
    match = _HOST.fullmatch(text.rpartition("@")[2])
    return match is not None and int(match[1] or 1) in range(1, 2**16)


@functools.cache
def _drivers() -> frozenset[str]:
    """The schemes; a search reads a file of each installed package."""
    return frozenset(entry_points(group=_DRIVERS).names) | {_USUAL}
