# SPDX-License-Identifier: Apache-2.0
"""The HTTP client of a process: every request to OpenStack goes through it."""

import copy
import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import requests
from requests.structures import CaseInsensitiveDict

from kic_vm import deadline, exceptions
from kic_vm.adapters import errors
from kic_vm.adapters.http import bodies, sessions, time_limits
from kic_vm.adapters.http.bounded_connections import BoundedAdapter
from kic_vm.adapters.http.curl_adapter import CurlAdapter
from kic_vm.adapters.http.current_call import Call, current_call
from kic_vm.adapters.http.environment import Environment
from kic_vm.adapters.http.guards import NO_GUARDS, Guard
from kic_vm.adapters.http.time_limits import TimeLimits
from kic_vm.context import current_record
from kic_vm.tracing.request_trace import current_trace

_SUBJECT_TOKEN: Final = "X-Subject-Token"  # noqa: S105 - the name of a header
_POOLS: Final = 32
# Seconds to connect, and until the first byte of the answer.
_Timeouts = tuple[float, float]
# A prepared GET. A copy takes a fiftieth of the time of a new one.
_GET: Final = requests.Request("GET", "http://localhost/").prepare()


class OtherTokenError(requests.RequestException):
    """Keystone's answer is about another token than the request."""


class HttpClient:
    """Sends requests within their time limits, past the guards of their service, and counts them.

    It serves all callers, so it stores no cookies and reads no ``.netrc``. It follows no redirects.

    :param pool_size: connections kept open to each address
    :param max_body_size: maximum size of a decoded body in bytes; larger ones fail the request
    :param limits: the time limits of a call, by service type
    :param guards: the guards that calls pass, by service type
    """

    def __init__(
        self,
        pool_size: int,
        max_body_size: int,
        limits: Mapping[str, TimeLimits] = time_limits.NONE_SET,
        guards: Mapping[str, Guard] = NO_GUARDS,
    ) -> None:
        self._limits = limits
        self._guards = guards
        self._max_body_size = max_body_size
        self._environment = Environment()
        self._session = sessions.create(
            BoundedAdapter(pool_connections=_POOLS, pool_maxsize=pool_size)
        )
        self._curl_session = sessions.create(CurlAdapter(max_body_size))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        verify: Any = None,
        cert: Any = None,
        **kwargs: Any,
    ) -> requests.Response:
        """Send any request. keystoneauth calls this method, because the client is its session.

        :param kwargs: as in requests: ``data``, ``json``, ``params``
        :raises requests.RequestException: there is no answer, or no library can read it
        :raises BodyTooLarge: the body is larger than the limit
        :raises OtherTokenError: the answer is about another token than the request
        :raises UpstreamError: there is no answer, and the call must fail at once
        :raises UpstreamTimeout: the deadline has passed, so the request was not sent
        :raises UpstreamUnavailable: the service is known to be down; the request was not sent
        :raises UpstreamBusy: too many requests wait for the service; the request was not sent
        """
        kwargs |= {"stream": True, "allow_redirects": False}

        def send(sent: Mapping[str, str], timeouts: _Timeouts) -> requests.Response:
            with sessions.failures_of_libraries():
                settings = self._environment.settings_for(url, verify, cert)
                response = self._session.request(
                    method, url, headers=sent, timeout=timeouts, **kwargs, **settings
                )
                bodies.read(response, self._max_body_size)
            _check_subject(response)
            return response

        return self._send_traced(method, url, headers or {}, send, timeout)

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        timeout: float | None,
        verify: Any,
        cert: Any,
    ) -> requests.Response:
        """Send a GET with libcurl: the same as ``request`` at a fifth of the cost.

        Within ``gather_reads``, the other reads continue until the answer is there.

        :param url: the complete, quoted URL
        :raises requests.RequestException: as ``request``
        :raises UpstreamError: as ``request``
        """
        prepared = copy.copy(_GET)
        prepared.url = url

        def send(sent: Mapping[str, str], timeouts: _Timeouts) -> requests.Response:
            prepared.headers = CaseInsensitiveDict(sent)
            with sessions.failures_of_libraries():
                settings = self._environment.settings_for(url, verify, cert)
                return self._curl_session.send(
                    prepared, timeout=timeouts, stream=True, allow_redirects=False, **settings
                )

        return self._send_traced("GET", url, headers, send, timeout)

    def _send_traced(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        send: Callable[[Mapping[str, str], _Timeouts], requests.Response],
        timeout: float | None,
    ) -> requests.Response:
        """Send with the headers of the trace, if the request that this one serves has a trace."""
        trace = current_trace()
        if trace is None:
            return self._send_in_time(functools.partial(send, headers), timeout)
        call = current_call()
        with trace.sending(method, url, call.service if call else None) as sent:
            complete = functools.partial(send, {**headers, **sent.headers})
            response = self._send_in_time(complete, timeout)
            sent.note_status(response.status_code)
            return response

    def _send_in_time(
        self, send: Callable[[_Timeouts], requests.Response], timeout: float | None
    ) -> requests.Response:
        """Send within the deadline of the request, and the time limits of the service."""
        call = current_call()
        limits = self._limits.get(call.service if call else "", time_limits.DEFAULT)
        left = min(deadline.seconds_left(), limits.total)
        if left <= 0:
            raise exceptions.UpstreamTimeout(call.service) if call else requests.Timeout
        longest = left if timeout is None else min(left, timeout)
        timeouts = min(limits.connect, longest), min(limits.first_byte, longest)
        try:
            with deadline.within(left):
                return self._send_guarded(call, lambda: _counted(lambda: send(timeouts)))
        except requests.RequestException as error:
            if call is not None and call.fails_at_once:
                raise errors.from_keystone(error) from error
            raise

    def _send_guarded(
        self, call: Call | None, send: Callable[[], requests.Response]
    ) -> requests.Response:
        guard = self._guards.get(call.service) if call and call.is_guarded else None
        if guard is None:
            return send()
        with guard.entered():
            try:
                response = send()
            except requests.RequestException as error:
                guard.note(error)
                raise
        guard.note(response)
        return response


def _counted(send: Callable[[], requests.Response]) -> requests.Response:
    """Send, and count the call in the record of the request that it serves."""
    started = time.monotonic()
    try:
        return send()
    finally:
        record = current_record()
        if record is not None:
            record.add_upstream_call(time.monotonic() - started)


def _check_subject(response: requests.Response) -> None:
    asked = response.request.headers.get(_SUBJECT_TOKEN)
    if asked is not None and response.headers.get(_SUBJECT_TOKEN, asked) != asked:
        raise OtherTokenError("Keystone answered about another token", request=response.request)
