# SPDX-License-Identifier: Apache-2.0
"""Guards that each call to a service passes: its circuit breaker, then its bulkhead."""

import contextlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import requests
from oslo_config import cfg

from kic_vm.adapters.http.bulkhead import Bulkhead
from kic_vm.adapters.http.circuit_breaker import CircuitBreaker
from kic_vm.conf import service_user, upstreams
from kic_vm.context import current_record

_FAILURE_STATUSES: Final = frozenset({502, 503, 504})
_FAILURES: Final = (requests.ConnectionError, requests.Timeout)


class Guard:
    """Prevents a service that hangs or is down from blocking work with other services."""

    def __init__(self, bulkhead: Bulkhead, breaker: CircuitBreaker) -> None:
        self._bulkhead = bulkhead
        self.breaker = breaker

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Count the request as waiting for the service within the block.

        :raises UpstreamUnavailable: the service is known to be down
        :raises UpstreamBusy: too many requests wait for it
        """
        self.breaker.check()
        record = current_record()
        if record is None:  # outside of requests, no client waits and no server thread is held
            yield
            return
        self._bulkhead.enter(record)
        try:
            yield
        finally:
            self._bulkhead.leave(record)

    def check_followers(self, followers: int) -> None:
        """See Bulkhead."""
        self._bulkhead.check_followers(followers)

    def note(self, outcome: requests.Response | Exception) -> None:
        """Note the outcome of a call."""
        if isinstance(outcome, Exception):
            is_failure = isinstance(outcome, _FAILURES)
        else:
            is_failure = outcome.status_code in _FAILURE_STATUSES
        if is_failure:
            self.breaker.note_failure()
        else:
            self.breaker.note_answer()


NO_GUARDS: Final[Mapping[str, Guard]] = MappingProxyType({})


def load(conf: cfg.ConfigOpts) -> dict[str, Guard]:
    """The guard of each service, by the service's type in the service catalog."""
    options = conf[service_user.GROUP]
    places = max(1, int(conf.api.threads * options.thread_share))
    return {
        service: Guard(
            Bulkhead(service, places, options.busy_timeout),
            CircuitBreaker(service, options.circuit_failures, options.circuit_pause),
        )
        for service in upstreams.GROUPS.values()
    }
