# SPDX-License-Identifier: Apache-2.0
"""urllib3 connections that stop reading at a deadline.

urllib3 and http.client apply a timeout to each piece that arrives, so an answer that arrives byte
by byte never times out. Here each piece can take only the time left for the whole answer.
"""

import io
import socket
from http.client import HTTPResponse
from typing import Any, Final

from keystoneauth1 import session as ksa_session
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kic_vm import deadline


class _Reader(io.RawIOBase):
    """The bytes that arrive at a socket, up to the deadline.

    The socket's own timeout applies to the first piece, and only the deadline to the others.

    :raises TimeoutError: on a read after that time
    """

    def __init__(self, source: socket.socket) -> None:
        self._socket = source
        self._raw = source.makefile("rb", buffering=0)
        self._has_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = deadline.seconds_left()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is over")
        timeout = self._socket.gettimeout()
        if self._has_begun or timeout is None or left < timeout:
            self._socket.settimeout(None if left == deadline.NEVER else left)
        count = self._raw.readinto(buffer)
        self._has_begun = True
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Source:
    """A socket with the interface that http.client's responses need."""

    def __init__(self, source: socket.socket) -> None:
        self._socket = source

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket))


class _Answer(HTTPResponse):
    def __init__(self, source: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(source), *args, **kwargs)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    response_class = _Answer


class _TlsConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS: Final = {"http": _Pool, "https": _TlsPool}


class BoundedAdapter(ksa_session.TCPKeepAliveAdapter):
    """keystoneauth's own adapter, with bounded connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See requests.adapters.HTTPAdapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """See requests.adapters.HTTPAdapter."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:  # it has opened no connection yet
            manager.pool_classes_by_scheme = _POOLS
        return manager
