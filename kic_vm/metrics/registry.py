# SPDX-License-Identifier: Apache-2.0
"""The registry of all metrics, and its output for Prometheus."""

import os
from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from kic_vm.metrics.directory import ENVIRONMENT

CONTENT_TYPE: Final = prometheus_client.CONTENT_TYPE_LATEST

# The creation times of the series are not used, and would double the number of samples.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry()
# Bounds of the histograms.
SECONDS: Final = (0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def exposition() -> bytes:
    """All metrics in Prometheus's format, of all processes if there are several."""
    directory = os.environ.get(ENVIRONMENT)
    if directory is None:
        return prometheus_client.generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry)
