"""The HTTP session of a process: what is the same for each request is worked out once."""

import ssl
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3
from keystoneauth1 import session as ksa_session
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection

from kic_vm.adapters import interleaved
from kic_vm.context import current_record


class MeteredSession(requests.Session):
    """A requests session that writes every request on the wire into the request's record.

    The environment's proxies and certificates are looked up once for each address, not for each
    request. It serves all callers, so it keeps no cookies and reads no ``.netrc``.

    :param pool_size: connections that are kept to each address
    """

    def __init__(self, pool_size: int) -> None:
        super().__init__()
        self._settings: dict[tuple[Any, ...], Any] = {}
        # Without those that say what holds anyway.
        self._standard = {"Accept-Encoding": str(self.headers["Accept-Encoding"])}
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pool_connections=32, pool_maxsize=pool_size))

    def fetch(
        self, url: str, headers: Mapping[str, str], *, timeout: float | None, verify: Any, cert: Any
    ) -> requests.Response:
        """The answer to a GET, whatever its status; redirects are not followed.

        The same as ``get`` for less than half of its work.

        :param url: complete, and quoted where it has to be
        :raises requests.RequestException: there is no answer
        """
        request = _Get()
        request.method = "GET"
        request.url = url
        request.headers = CaseInsensitiveDict({**self._standard, **headers})
        settings = self.merge_environment_settings(url, {}, True, verify, cert)
        return self.send(request, timeout=timeout, allow_redirects=False, **settings)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """See requests.Session."""
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={**self.headers, **request.headers},
            files=request.files,
            data=request.data,
            json=request.json,
            params=request.params,
            auth=request.auth,
            hooks=request.hooks,
        )
        return prepared

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """See requests.Session."""
        started = time.monotonic()
        try:
            return super().send(request, **kwargs)
        finally:
            record = current_record()
            if record is not None:
                record.add_upstream_call(time.monotonic() - started)

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """See requests.Session."""
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc, stream, verify, cert)
        found = self._settings.get(key)
        if found is None:
            found = super().merge_environment_settings(url, proxies, stream, verify, cert)
            self._settings[key] = found
        return found


class _Get(requests.PreparedRequest):
    """A GET by ``fetch``: its answer is read at once, and is nothing but status, headers, body."""


class _Fetched(requests.Response):
    """An answer that has been read."""

    def __init__(self, request: _Get, answer: urllib3.BaseHTTPResponse) -> None:
        super().__init__()
        self.request = request
        self.url = str(request.url)
        self.status_code = answer.status
        self.reason = answer.reason or ""
        self.headers = CaseInsensitiveDict(answer.headers)
        self.encoding = "utf-8"
        self._body = answer.data

    @property
    def content(self) -> bytes:
        """See requests.Response."""
        return self._body


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


class _Adapter(ksa_session.TCPKeepAliveAdapter):
    """keystoneauth's connections, with less around them for ``fetch``."""

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
        if not isinstance(request, _Get):
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
                    headers=request.headers,
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    timeout=urllib3.Timeout(connect=timeout, read=timeout),
                )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self._pools.pop(key, None)  # it may have been closed
            raise _as_requests_says(error)(error, request=request) from error
        return _Fetched(request, answer)


def _as_requests_says(error: Exception) -> type[requests.RequestException]:
    # What cannot be connected to counts as a timeout for urllib3, and for nobody else.
    is_timeout = isinstance(error, urllib3.exceptions.TimeoutError)
    if is_timeout and not isinstance(error, urllib3.exceptions.NewConnectionError):
        return requests.Timeout
    return requests.ConnectionError


def _target(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
