"""What kic-vm-worker counts of its own work."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Gauge, Histogram

from kic_vm.metrics.registry import REGISTRY, SECONDS

_INSTANCES: Final = Gauge(
    "kic_vm_instances",
    "Instances of the whole cloud by documented state, as kic-vm-worker has last seen them.",
    ("state",),
    registry=REGISTRY,
)
_INSTANCES_SEEN: Final = Gauge(
    "kic_vm_instances_seen_timestamp_seconds",
    "When kic-vm-worker has last seen the instances.",
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
    "When kic-vm-worker has last ended a round.",
    registry=REGISTRY,
)


def show_instances(numbers: Mapping[str, int]) -> None:
    """Show how many instances there are by documented state."""
    for state, number in numbers.items():
        _INSTANCES.labels(state).set(number)
    _INSTANCES_SEEN.set_to_current_time()


def count_job(job: str, seconds: float, *, is_done: bool) -> None:
    """Count one run of a job of the worker."""
    _JOBS.labels(job, "done" if is_done else "failed").observe(seconds)


def show_round() -> None:
    """Show that the worker has ended a round now."""
    _ROUND.set_to_current_time()
