# SPDX-License-Identifier: Apache-2.0
"""Metrics of the operations, in the gateway and in the worker, which uses the same operations."""

import functools
import time
from typing import Final, Self

from prometheus_client import Counter, Histogram

from kic_vm.exceptions import KicVmError
from kic_vm.metrics.registry import REGISTRY, SECONDS

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
# Every second part of an OpenStack path is an id or a name, except these.
_FIXED: Final = frozenset({"detail", "tokens"})

_REQUESTS: Final = Histogram(
    "kic_vm_request_duration_seconds",
    "Requests to the gateway, by method, route template and status.",
    ("method", "route", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_UPSTREAM: Final = Histogram(
    "kic_vm_upstream_request_duration_seconds",
    "Calls sent to OpenStack, by service, operation and status (none: no answer came).",
    ("service", "operation", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_TOKENS: Final = Counter(
    "kic_vm_token_cache_lookups",
    "Lookups of tokens in the cache, by result: hit or miss. After a miss Keystone validates.",
    ("result",),
    registry=REGISTRY,
)
_RECENT_LISTS: Final = Counter(
    "kic_vm_recent_list_reads",
    "Reads whose client accepts an age, by resource and result: hit (from a known list), miss "
    "(the list was fetched) or wait (for the fetch of another request).",
    ("resource", "result"),
    registry=REGISTRY,
)
_REFUSALS: Final = Counter(
    "kic_vm_rbac_refusals",
    "Requests that the gateway's own policy has refused, by rule.",
    ("rule",),
    registry=REGISTRY,
)
_RATE_LIMITED: Final = Counter(
    "kic_vm_rate_limited",
    "Requests that were refused because of a rate limit, by option of [limits].",
    ("limit",),
    registry=REGISTRY,
)
_UPKEEP: Final = Counter(
    "kic_vm_upkeep_actions",
    "Changes in OpenStack that no request asked for, by action and result: done or failed.",
    ("action", "result"),
    registry=REGISTRY,
)
_KEYPAIR_CHANGES: Final = Counter(
    "kic_vm_keypair_changes",
    "Keypairs whose key has changed in Nova, by event: replaced (the change was noticed) or "
    "refused (a member would have got a different key than before).",
    ("event",),
    registry=REGISTRY,
)

_CLIENT_FAILURES: Final = Counter(
    "kic_vm_client_failures",
    "Connections that the server has ended, by reason: the code of the error that was answered, "
    "answer_not_taken, too_many_connections or too_much_memory.",
    ("reason",),
    registry=REGISTRY,
)

# To find a series by its labels costs as much as to count, and there are only so many of them.
_request = functools.cache(_REQUESTS.labels)
_upstream = functools.cache(_UPSTREAM.labels)
_lookup = functools.cache(_TOKENS.labels)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request to the gateway.

    :param route: the template of its path; ``-`` if no route matches
    """
    counted_method = method if method in _METHODS else "other"
    _request(counted_method, route, str(status)).observe(seconds)


class UpstreamCall:
    """A context manager that counts a call to OpenStack, also when it gets no answer.

    The caller sets ``status`` to that of the response. A call that ends with one of the gateway's
    own errors does not count: a guard has refused it, its time was over or there was no token, so
    that it says nothing about the service.

    :param path: the path below the service's versioned endpoint
    """

    def __init__(self, service: str, method: str, path: str) -> None:
        self.status: int | None = None
        self._service = service
        self._operation = f"{method} {template(path)}"
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        """Start the call."""
        return self

    def __exit__(self, _kind: object, failure: object, _traceback: object) -> None:
        """Count the call, if it was sent."""
        if isinstance(failure, KicVmError):
            return
        seconds = time.monotonic() - self._started
        _upstream(self._service, self._operation, str(self.status or "none")).observe(seconds)


def template(path: str) -> str:
    """An OpenStack path without its query, with ``{id}`` for each id or name."""
    parts = path.partition("?")[0].strip("/").split("/")
    for number in range(1, len(parts), 2):
        if parts[number] not in _FIXED:
            parts[number] = "{id}"
    return "/" + "/".join(parts)


def count_token_lookup(*, is_hit: bool) -> None:
    """Count a lookup in the token cache."""
    _lookup("hit" if is_hit else "miss").inc()


def count_recent_list(resource: str, result: str) -> None:
    """Count a read whose client accepts an age.

    :param result: ``hit``, ``miss``, ``unchanged`` or ``wait``
    """
    _RECENT_LISTS.labels(resource, result).inc()


def count_rate_limited(limit: str) -> None:
    """Count a request that exceeded a rate limit."""
    _RATE_LIMITED.labels(limit).inc()


def count_refusal(rule: str) -> None:
    """Count a request that a rule has refused."""
    _REFUSALS.labels(rule).inc()


def count_upkeep(action: str, *, is_done: bool = True) -> None:
    """Count a change that no request asked for."""
    _UPKEEP.labels(action, "done" if is_done else "failed").inc()


def count_keypair_change(event: str) -> None:
    """Count a keypair whose key has changed in Nova, or a use that was refused because of that.

    :param event: ``replaced`` or ``refused``
    """
    _KEYPAIR_CHANGES.labels(event).inc()


def count_client_failure(reason: str) -> None:
    """Count a connection that was ended because its client was slow, wrong or one too many.

    :param reason: an error code, ``answer_not_taken``, ``too_many_connections`` or
        ``too_much_memory``
    """
    _CLIENT_FAILURES.labels(reason).inc()
