# SPDX-License-Identifier: Apache-2.0
"""Metrics of the event feed and of the follower."""

from collections import Counter as Counts
from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge

from kic_vm.metrics.registry import REGISTRY

_WAITING: Final = Gauge(
    "kic_vm_event_requests_waiting",
    "Requests that wait for new events.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)
_WRITTEN: Final = Counter(
    "kic_vm_events_written",
    "Events that this worker has written, by type: instance, volume or gap.",
    ("type",),
    registry=REGISTRY,
)
_FOLLOWED: Final = Gauge(
    "kic_vm_events_followed_timestamp_seconds",
    "Time until which this worker has followed the cloud's changes.",
    registry=REGISTRY,
)


def count_waiting(change: int) -> None:
    """Count a request that starts (1) or stops (-1) waiting."""
    _WAITING.inc(change)


def count_written(types: Iterable[str]) -> None:
    """Count events that were written, by their types."""
    for event_type, count in Counts(types).items():
        _WRITTEN.labels(event_type).inc(count)


def show_followed(seconds: float) -> None:
    """Set the time until which this worker has followed the changes."""
    _FOLLOWED.set(seconds)
