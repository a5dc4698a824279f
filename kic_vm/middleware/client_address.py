# SPDX-License-Identifier: Apache-2.0
"""The address of the client of a request."""

import ipaddress
from wsgiref.types import WSGIEnvironment

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(environ: WSGIEnvironment) -> Address | None:
    """The client's address; None if it cannot be read.

    A client can send ``X-Forwarded-For`` itself; the nearest proxy has added the last address.
    """
    text = environ.get("REMOTE_ADDR", "").rpartition(",")[2].strip()
    for candidate in (text, _without_port(text)):
        try:
            address = ipaddress.ip_address(candidate)
        except ValueError:
            continue
        # A socket for both versions of IP reports IPv4 addresses in the form ::ffff:192.0.2.1.
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            return address.ipv4_mapped
        return address
    return None


def _without_port(text: str) -> str:
    """The address in ``192.0.2.1:4711``, ``[2001:db8::1]:4711`` or ``[2001:db8::1]``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0]
