"""How requests get onto the wire: requests' own adapter, with less around GETs that only fetch."""

import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3
from keystoneauth1 import session as ksa_session
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection

from kic_vm.adapters import interleaved


class Fetch(requests.PreparedRequest):
    """A GET that is nothing but an address and headers.

    :param url: complete, and quoted where it has to be
    """

    def __init__(self, url: str, sent: Mapping[str, str]) -> None:
        super().__init__()
        self.method = "GET"
        self.url = url
        self.sent = sent

    @property  # who looks at it pays for it
    def headers(self) -> CaseInsensitiveDict[str]:
        """See requests.PreparedRequest."""
        return CaseInsensitiveDict(self.sent)

    @headers.setter
    def headers(self, value: Any) -> None:
        """Let requests set it to nothing at first."""


class Fetched(requests.Response):
    """An answer that has been read: status, headers and body; it leads nowhere else."""

    is_redirect = False

    def __init__(self, request: Fetch, answer: urllib3.BaseHTTPResponse) -> None:
        super().__init__()
        self.request = request
        self.url = str(request.url)
        self.status_code = answer.status
        self.reason = answer.reason or ""
        self.encoding = "utf-8"
        self._answer = answer

    @property  # who looks at it pays for it
    def headers(self) -> CaseInsensitiveDict[str]:
        """See requests.Response."""
        return CaseInsensitiveDict(self._answer.headers)

    @headers.setter
    def headers(self, value: Any) -> None:
        """Let requests set it to nothing at first."""

    @property
    def content(self) -> bytes:
        """See requests.Response."""
        return self._answer.data


class _HttpConnection(HTTPConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as in urllib3
        """Let other reads go on until the answer begins."""
        if self.sock is not None:
            interleaved.wait(self.sock, self.timeout)
        return super().getresponse()


class _HttpsConnection(HTTPSConnection):
    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as in urllib3
        """Let other reads go on until the answer begins."""
        if isinstance(self.sock, ssl.SSLSocket) and not self.sock.pending():
            interleaved.wait(self.sock, self.timeout)
        return super().getresponse()


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HttpConnection


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HttpsConnection


_POOLS: Final = {"http": _HttpPool, "https": _HttpsPool}


class Transport(ksa_session.TCPKeepAliveAdapter):
    """keystoneauth's connections, with a short way for ``Fetch``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._pools: dict[tuple[Any, ...], urllib3.HTTPConnectionPool] = {}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See requests.adapters.HTTPAdapter."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """See requests.adapters.HTTPAdapter."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """See requests.adapters.HTTPAdapter."""
        if not isinstance(request, Fetch):
            return super().send(request, stream, timeout, verify, cert, proxies)
        parts = urlsplit(str(request.url))
        key = (parts.netloc, verify, cert)
        pool: Any = self._pools.get(key)
        if pool is None or proxies:
            pool = self.get_connection_with_tls_context(request, verify, proxies, cert)
            self.cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
            if not proxies:
                self._pools[key] = pool
        try:
            with interleaved.waiting_allowed():
                answer = pool.urlopen(
                    "GET",
                    self.request_url(request, proxies) if proxies else _target(parts),
                    headers=request.sent,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=urllib3.Timeout(connect=timeout, read=timeout),
                )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._pools.pop(key, None)  # it may have been closed
            raise _as_requests_says(error)(error, request=request) from error
        return Fetched(request, answer)


def _as_requests_says(error: Exception) -> type[requests.RequestException]:
    # What cannot be connected to counts as a timeout for urllib3, and for nobody else.
    is_timeout = isinstance(error, urllib3.exceptions.TimeoutError)
    if is_timeout and not isinstance(error, urllib3.exceptions.NewConnectionError):
        return requests.Timeout
    return requests.ConnectionError


def _target(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
