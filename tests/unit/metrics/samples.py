# SPDX-License-Identifier: Apache-2.0
"""Samples of metrics, as Prometheus would read them."""

from kic_vm.metrics.registry import REGISTRY


def sample(name: str, **labels: str) -> float:
    """The value of a sample, 0 if there is none.

    Only its metric is collected: the others grow with every test of the process.
    """
    found = REGISTRY.restricted_registry([name]).collect()
    samples = (one for metric in found for one in metric.samples)
    values = (one.value for one in samples if (one.name, one.labels) == (name, labels))
    return next(values, 0.0)


class Difference:
    """How much a sample has grown since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = name, labels
        self._before = sample(name, **labels)

    def __call__(self) -> float:
        return sample(self._name, **self._labels) - self._before
