"""The transport of requests: requests' own adapter, and libcurl for simple GETs."""

import collections
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pycurl
import requests
from keystoneauth1 import session as ksa_session
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy

from kic_vm import deadline
from kic_vm.adapters.http import bounded_connections, interleaved
from kic_vm.adapters.http.transfers import Transfer

_NO_HOOKS: Final[dict[str, list[Any]]] = {}
_NO_HEADERS: Final[CaseInsensitiveDict[str]] = CaseInsensitiveDict()


class Fetch(requests.PreparedRequest):
    """A GET that has only a URL and headers.

    :param url: the complete, quoted URL
    """

    def __init__(self, url: str, sent: Mapping[str, str]) -> None:
        # requests' own constructor is not called: it sets much that is never used.
        self.method = "GET"
        self.url = url
        self.sent = sent
        self.body = None
        self.hooks = _NO_HOOKS

    @property  # computed on access
    def headers(self) -> CaseInsensitiveDict[str]:
        """See requests.PreparedRequest."""
        return CaseInsensitiveDict(self.sent)

    @headers.setter
    def headers(self, value: Any) -> None:
        """Ignored: the headers given at creation are sent."""
        raise AttributeError("headers")


class Fetched(requests.Response):
    """An answer that was read completely: status, body, and the Retry-After header of a 429."""

    is_redirect = False

    def __init__(self, request: Fetch, status: int, body: bytes, retry_after: int = 0) -> None:
        # requests' own constructor is not called: it sets much that is never used. Of the headers,
        # only one is used, and parsing all of them is costly.
        self.headers = _retry_after_header(retry_after) if retry_after else _NO_HEADERS
        self.request = request
        self.url = str(request.url)
        self.status_code = status
        self.reason = ""
        self.encoding = "utf-8"
        self.history = []
        self.raw = None
        self._content = body
        self._content_consumed = True


def _retry_after_header(seconds: int) -> CaseInsensitiveDict[str]:
    return CaseInsensitiveDict({"Retry-After": str(seconds)})


class BodyTooLarge(requests.RequestException):
    """The body of an answer is larger than the gateway accepts."""


class Transport(ksa_session.TCPKeepAliveAdapter):
    """keystoneauth's adapter, with a faster path for ``Fetch``.

    :param max_body_size: maximum size in bytes of the decoded body of a ``Fetch``
    """

    def __init__(self, *, max_body_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        bounded_connections.bound(self.poolmanager)
        self._max_body_size = max_body_size
        self._idle: dict[tuple[Any, ...], collections.deque[pycurl.Curl]] = {}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """See requests.adapters.HTTPAdapter."""
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if is_new:
            bounded_connections.bound(manager)
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
        """See requests.adapters.HTTPAdapter.

        :param timeout: seconds for connecting and for the first byte; ``deadline`` limits the total
        """
        if not isinstance(request, Fetch):
            return super().send(request, stream, timeout, verify, cert, proxies)
        url = str(request.url)
        proxy = select_proxy(url, proxies) if proxies else None
        curl = self._take(verify, cert, proxy)
        curl.setopt(pycurl.URL, url.encode())
        curl.setopt(pycurl.HTTPHEADER, _lines(request))
        connect, first_byte = timeout
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(connect * 1000)))
        transfer = Transfer(curl, first_byte, deadline.seconds_left(), self._max_body_size)
        interleaved.wait(transfer)
        if transfer.is_too_large:
            raise BodyTooLarge(f"the body has more than {self._max_body_size} bytes")
        if transfer.failure is not None:
            raise _as_requests_says(transfer.failure)(curl.errstr(), request=request)
        status = int(curl.getinfo(pycurl.RESPONSE_CODE))
        retry_after = int(curl.getinfo(pycurl.RETRY_AFTER)) if status == 429 else 0
        self._idle[verify, cert, proxy].append(curl)
        return Fetched(request, status, transfer.body, retry_after)

    def _take(self, verify: Any, cert: Any, proxy: str | None) -> pycurl.Curl:
        idle = self._idle.get((verify, cert, proxy))
        if idle is None:
            idle = self._idle.setdefault((verify, cert, proxy), collections.deque())
        try:
            return idle.pop()
        except IndexError:
            return _curl(verify, cert, proxy)


# The same settings as in keystoneauth's adapter and urllib3.
_SAME_FOR_ALL: Final = {
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.ENCODING: "gzip, deflate",
    pycurl.PATH_AS_IS: 1,
    pycurl.TCP_KEEPALIVE: 1,
    pycurl.NOSIGNAL: 1,  # signals do not work with threads
    pycurl.NOPROXY: "",  # requests has already read the environment
}


def _curl(verify: bool | str | None, cert: str | tuple[str, str] | None, proxy: Any) -> pycurl.Curl:
    """A handle with the same behavior as requests for these settings."""
    curl = pycurl.Curl()
    for option, value in _SAME_FOR_ALL.items():
        curl.setopt(option, value)
    curl.setopt(pycurl.PROXY, proxy or "")  # otherwise libcurl reads the environment itself
    trusted = DEFAULT_CA_BUNDLE_PATH if verify is True else verify
    if not trusted:
        curl.setopt(pycurl.SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.SSL_VERIFYHOST, 0)
        curl.setopt(pycurl.PROXY_SSL_VERIFYPEER, 0)
        curl.setopt(pycurl.PROXY_SSL_VERIFYHOST, 0)
    elif Path(trusted).is_dir():
        curl.setopt(pycurl.CAPATH, trusted)
        curl.setopt(pycurl.PROXY_CAPATH, trusted)
    else:
        curl.setopt(pycurl.CAINFO, trusted)
        curl.setopt(pycurl.PROXY_CAINFO, trusted)
    own, key = (cert, None) if isinstance(cert, str) else cert or (None, None)
    if own:
        curl.setopt(pycurl.SSLCERT, own)
    if key:
        curl.setopt(pycurl.SSLKEY, key)
    return curl


def _lines(request: Fetch) -> list[bytes]:
    given = [f"{name}: {value}" for name, value in request.sent.items()]
    text = "\n".join(given)
    lines = text.encode("latin-1").split(b"\n") if given else []
    if len(lines) != len(given) or "\r" in text:
        raise requests.exceptions.InvalidHeader("a header has several lines", request=request)
    return lines


def _as_requests_says(failure: int) -> type[requests.RequestException]:
    if failure == pycurl.E_OPERATION_TIMEDOUT:
        return requests.Timeout
    return requests.ConnectionError
