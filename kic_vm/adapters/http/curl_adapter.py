# SPDX-License-Identifier: Apache-2.0
"""libcurl as a transport adapter of requests: GETs at a fraction of the cost of urllib3."""

import collections
import io
from pathlib import Path
from typing import Any, Final

import pycurl
import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy

from kic_vm import deadline
from kic_vm.adapters.http import interleaved
from kic_vm.adapters.http.bodies import BodyTooLarge
from kic_vm.adapters.http.transfers import Transfer


class CurlAdapter(requests.adapters.BaseAdapter):
    """A transport adapter of requests for GETs without a body.

    :param max_body_size: maximum size in bytes of a decoded body
    """

    def __init__(self, max_body_size: int) -> None:
        super().__init__()
        self._max_body_size = max_body_size
        self._idle: dict[tuple[Any, ...], collections.deque[pycurl.Curl]] = {}

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """See requests.adapters.BaseAdapter; the answer is complete, streamed or not.

        :param timeout: seconds for connecting and for the first byte; ``deadline`` limits the total
        """
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
            raise BodyTooLarge(self._max_body_size, request)
        if transfer.failure is not None:
            raise _failure_class(transfer.failure)(curl.errstr(), request=request)
        status = int(curl.getinfo(pycurl.RESPONSE_CODE))
        self._idle[verify, cert, proxy].append(curl)
        return _response(request, status, transfer)

    def close(self) -> None:
        """See requests.adapters.BaseAdapter; the connections belong to ``transfers``."""
        self._idle.clear()

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


def _lines(request: requests.PreparedRequest) -> list[bytes]:
    headers = [f"{name}: {value}" for name, value in request.headers.lower_items()]
    text = "\n".join(headers)
    lines = text.encode("latin-1").split(b"\n") if headers else []
    if len(lines) != len(headers) or "\r" in text:
        raise requests.exceptions.InvalidHeader("a header has several lines", request=request)
    return lines


def _response(
    request: requests.PreparedRequest, status: int, transfer: Transfer
) -> requests.Response:
    """The same response as from requests' own adapter, with its body in memory."""
    response = requests.Response()
    response.status_code = status
    response.reason = _read_head(transfer.head, response.headers)
    response.url = str(request.url)
    response.request = request
    response.raw = io.BytesIO(transfer.body)
    return response


def _read_head(lines: list[bytes], headers: CaseInsensitiveDict[str]) -> str:
    """Set the headers of an answer, and return its reason phrase.

    :param lines: all header lines that came, also those of a proxy or of interim answers
    """
    if lines.count(b"\r\n") > 1:
        lines = _last_head(lines)
    status_line, *fields = (
        b"".join(lines).decode("latin-1").rstrip().replace("\r\n", "\n").split("\n")
    )
    for field in fields:
        name, _colon, value = field.partition(":")
        headers[name] = value.strip()
    if len(headers) < len(fields):
        headers.update(_joined(fields))
    return status_line.partition(" ")[2].partition(" ")[2]


def _last_head(lines: list[bytes]) -> list[bytes]:
    """The lines of the last head, without the lines after the body."""
    first = max(number for number, line in enumerate(lines) if line.startswith(b"HTTP/"))
    return lines[first : lines.index(b"\r\n", first)]


def _joined(fields: list[str]) -> dict[str, str]:
    """The headers. The value of a repeated header is a list."""
    values: dict[str, list[str]] = {}
    for field in fields:
        name, _colon, value = field.partition(":")
        values.setdefault(name.lower(), []).append(value.strip())
    return {name: ", ".join(parts) for name, parts in values.items()}


def _failure_class(failure: int) -> type[requests.RequestException]:
    if failure == pycurl.E_OPERATION_TIMEDOUT:
        return requests.Timeout
    return requests.ConnectionError
