# SPDX-License-Identifier: Apache-2.0
"""Redis URLs: of one server, or of a service that Sentinels know."""

import dataclasses
import ipaddress
import re
import urllib.parse
from typing import Final

from oslo_config import types
from redis.connection import parse_url

_SENTINEL_SCHEMES: Final = {"redis+sentinel": False, "rediss+sentinel": True}
_SENTINEL_PORT: Final = 26379
# A name, an IPv4 address, or an IPv6 one in brackets; a port.
_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:@/,\s]+))(?::(\d{1,5}))?")
_FORMS: Final = (
    "It must be redis://, rediss:// or unix://, or "
    "redis+sentinel://host:port,host:port/service/db (rediss+sentinel with TLS)"
)


@dataclasses.dataclass(frozen=True, slots=True, repr=False)
class SentinelUrl:
    """A Redis service with the Sentinels that know it."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    db: int
    username: str | None
    """The user of Redis itself; the Sentinels get no credentials."""
    password: str | None
    is_tls: bool


def parse_sentinel_url(url: str) -> SentinelUrl | None:
    """The parts of a Sentinel URL; None for any other URL.

    :raises ValueError: it is a Sentinel URL, but not a valid one
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _SENTINEL_SCHEMES:
        return None
    address, _slash, path = rest.partition("/")
    credentials, at, hosts = address.rpartition("@")
    username, colon, password = credentials.partition(":")
    if at and not colon:  # as in redis-py, a lone word is the user
        raise ValueError("a password is missing")
    service, _slash, db = path.partition("/")
    return SentinelUrl(
        tuple(_host(host) for host in hosts.split(",")),
        _service(service),
        int(db or 0),
        urllib.parse.unquote(username) or None,
        urllib.parse.unquote(password) or None,
        _SENTINEL_SCHEMES[scheme],
    )


def is_local(url: str) -> bool:
    """Whether Redis runs on this host, according to its URL.

    :param url: a URL that RedisUrl accepts
    """
    if url.startswith("unix:"):
        return True
    sentinel = parse_sentinel_url(url)
    if sentinel is not None:
        hosts = [host for host, _port in sentinel.sentinels]
    else:
        hosts = [urllib.parse.urlsplit(url).hostname or "localhost"]
    return all(host == "localhost" or _is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    if match is None:
        raise ValueError("a host is not valid")
    return match[1] or match[2], int(match[3] or _SENTINEL_PORT)


def _service(text: str) -> str:
    if not text:
        raise ValueError("the service is missing")
    return urllib.parse.unquote(text)


class RedisUrl(types.String):  # type: ignore[misc, unused-ignore]
    """A Redis URL. Its errors do not contain the password."""

    def __call__(self, value: object) -> str:
        """The URL.

        :raises ValueError: it is not a valid Redis URL
        """
        url: str = super().__call__(value)
        try:
            if parse_sentinel_url(url) is None:
                parse_url(url)
        except ValueError as error:
            raise ValueError(_FORMS) from error
        return url
