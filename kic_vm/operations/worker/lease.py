# SPDX-License-Identifier: Apache-2.0
"""Leases for the worker's periodic jobs, so that one of several workers runs each job."""

from kic_vm.operations.request import RequestServices


def acquire(services: RequestServices, job: str, interval: float) -> bool:
    """Acquire a job; False if a worker has acquired it within the last ``interval`` seconds."""
    return services.app_state.cache.add(f"worker:{job}", b"taken", interval)
