# SPDX-License-Identifier: Apache-2.0
"""How each OpenStack service is used at the moment, and what is refused for it."""

import functools
from typing import Final

from prometheus_client import Counter, Gauge

from kic_vm.metrics.registry import REGISTRY

_IN_PROGRESS: Final = Gauge(
    "kic_vm_upstream_requests_in_progress",
    "Requests to the gateway that wait for a service at the moment.",
    ("service",),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
_REFUSED: Final = Counter(
    "kic_vm_upstream_refusals",
    "Calls that were not sent to a service, by reason: busy (too many requests wait for it) or "
    "down (its circuit is open).",
    ("service", "reason"),
    registry=REGISTRY,
)
_OPEN: Final = Gauge(
    "kic_vm_upstream_open_circuits",
    "Processes of the gateway that take a service to be down, and call it no more.",
    ("service",),
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
_FALLBACKS: Final = Counter(
    "kic_vm_upstream_fallbacks",
    "GETs that keystoneauth sent because a direct GET could not complete the call, by reason: "
    "unauthorized, unavailable, redirect, no_answer or wire_log.",
    ("service", "reason"),
    registry=REGISTRY,
)

# As in ``gateway``: to find a series by its labels costs as much as to count.
_in_progress = functools.cache(_IN_PROGRESS.labels)


def count_begin(service: str) -> None:
    """Count a request that waits for a service from now on."""
    _in_progress(service).inc()


def count_end(service: str) -> None:
    """Count a request that waits for a service no more."""
    _in_progress(service).dec()


def count_refusal(service: str, reason: str) -> None:
    """Count a call that was not sent.

    :param reason: ``busy`` or ``down``
    """
    _REFUSED.labels(service, reason).inc()


def count_fallback(service: str, reason: str) -> None:
    """Count a GET that keystoneauth sends because a direct GET did not complete the call.

    :param reason: ``unauthorized``, ``unavailable``, ``redirect``, ``no_answer`` or ``wire_log``
    """
    _FALLBACKS.labels(service, reason).inc()


def show_circuit(service: str, *, is_open: bool) -> None:
    """Show whether this process takes a service to be down."""
    _OPEN.labels(service).set(1 if is_open else 0)
