# SPDX-License-Identifier: Apache-2.0
"""Metrics of kic-vm-worker's own work."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Gauge, Histogram

from kic_vm.metrics.registry import REGISTRY, SECONDS

_INSTANCES: Final = Gauge(
    "kic_vm_instances",
    "Instances of the whole cloud by documented state, at kic-vm-worker's last count.",
    ("state",),
    registry=REGISTRY,
)
_OLDEST: Final = Gauge(
    "kic_vm_instances_oldest_seconds",
    "Longest time that an instance has been in a step of a transitional state or has waited in "
    "Resized, at kic-vm-worker's last count; 0 if no instance is in the state.",
    ("state",),
    registry=REGISTRY,
)
_CONFIRM_WINDOW: Final = Gauge(
    "kic_vm_resize_confirm_window_seconds",
    "[resize] confirm_window: the time after which a resize is confirmed; 0 for never.",
    registry=REGISTRY,
)
_INSTANCES_SEEN: Final = Gauge(
    "kic_vm_instances_seen_timestamp_seconds",
    "Time of kic-vm-worker's last count of the instances.",
    registry=REGISTRY,
)
_JOBS: Final = Histogram(
    "kic_vm_worker_job_duration_seconds",
    "Jobs of kic-vm-worker's rounds, by job and result: done or failed.",
    ("job", "result"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_ROUND: Final = Gauge(
    "kic_vm_worker_round_timestamp_seconds",
    "Time at which kic-vm-worker last finished a round.",
    registry=REGISTRY,
)


def show_instances(
    counts: Mapping[str, int], oldest: Mapping[str, float], confirm_window: int
) -> None:
    """Set the number of instances by documented state.

    :param oldest: seconds by state that must end
    :param confirm_window: seconds that a resized instance waits
    """
    for state, count in counts.items():
        _INSTANCES.labels(state).set(count)
    for state, seconds in oldest.items():
        _OLDEST.labels(state).set(seconds)
    _CONFIRM_WINDOW.set(confirm_window)
    _INSTANCES_SEEN.set_to_current_time()


def count_job(job: str, seconds: float, *, is_done: bool) -> None:
    """Count one run of a worker's job."""
    _JOBS.labels(job, "done" if is_done else "failed").observe(seconds)


def show_round() -> None:
    """Set the time of the last finished round to now."""
    _ROUND.set_to_current_time()
