"""The HTTP session of a process: what is the same for each request is worked out once."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from kic_vm.adapters import errors
from kic_vm.adapters.transport import BodyTooLarge, Fetch, Transport
from kic_vm.adapters.upstream import current_call
from kic_vm.context import current_record

_PART: Final = 64 * 1024
_SUBJECT_TOKEN: Final = "X-Subject-Token"  # noqa: S105 - the name of a header


class OtherTokenError(requests.RequestException):
    """Keystone was asked about one token and answered about another."""


class MeteredSession(requests.Session):
    """A requests session that writes every request on the wire into the request's record.

    The environment's proxies and certificates are looked up once for each address, not for each
    request. It serves all callers, so it keeps no cookies and reads no ``.netrc``.

    :param pool_size: connections that are kept to each address
    :param max_body_size: bytes of a decoded body that are accepted; the request fails beyond
    """

    def __init__(self, pool_size: int, max_body_size: int) -> None:
        super().__init__()
        self._max_body_size = max_body_size
        self._settings: dict[tuple[Any, ...], Any] = {}
        for scheme in ("http://", "https://"):
            self.mount(
                scheme,
                Transport(max_body_size=max_body_size, pool_connections=32, pool_maxsize=pool_size),
            )

    def fetch(
        self, url: str, headers: Mapping[str, str], *, timeout: float | None, verify: Any, cert: Any
    ) -> requests.Response:
        """The answer to a GET, whatever its status; redirects are not followed.

        The same as ``get`` for a fifth of its work.

        :param url: complete, and quoted where it has to be
        :raises requests.RequestException: there is no answer
        """
        settings = self.merge_environment_settings(url, {}, True, verify, cert)
        return self.send(Fetch(url, headers), timeout=timeout, allow_redirects=False, **settings)

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
        """See requests.Session.

        :raises BodyTooLarge: the body is larger than what is accepted
        :raises OtherTokenError: the answer is about another token than the request
        :raises UpstreamError: there is no answer, and the call fails at once
        """
        started = time.monotonic()
        try:
            response = super().send(request, **kwargs | {"stream": True})
            if not isinstance(request, Fetch):
                self._read(response)
                _check_subject(request, response)
            return response
        except requests.RequestException as error:
            call = current_call()
            if call is not None and call.fails_at_once:
                raise errors.from_keystone(error) from error
            raise
        finally:
            record = current_record()
            if record is not None:
                record.add_upstream_call(time.monotonic() - started)

    def _read(self, response: requests.Response) -> None:
        """Read the body, as requests does by itself, but no more of it than is accepted."""
        body = bytearray()
        for part in response.iter_content(_PART):
            body += part
            if len(body) > self._max_body_size:
                response.close()
                raise BodyTooLarge(f"the body has more than {self._max_body_size} bytes")
        response._content = bytes(body)  # noqa: SLF001 - as requests' own Response.content

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


def _check_subject(request: requests.PreparedRequest, response: requests.Response) -> None:
    asked = request.headers.get(_SUBJECT_TOKEN)
    if asked is not None and response.headers.get(_SUBJECT_TOKEN, asked) != asked:
        raise OtherTokenError("Keystone answered about another token")
