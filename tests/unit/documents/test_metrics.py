# SPDX-License-Identifier: Apache-2.0
"""The page metrics: every metric has its line, and no other has."""

import re
from pathlib import Path

from kic_vm.metrics import gateway, worker
from kic_vm.metrics.registry import REGISTRY

PAGE = Path(__file__).parents[3] / "doc/source/admin/metrics.rst"
ROW = re.compile(r"^   \* - ``(\w+)`` \((\w+)\)$", re.MULTILINE)


def test_metrics() -> None:
    """By name, as Prometheus shows it, and kind."""
    assert [vars(module)["REGISTRY"] for module in (gateway, worker)] == [REGISTRY] * 2
    found = {
        (metric.name + "_total" if metric.type == "counter" else metric.name, metric.type)
        for metric in REGISTRY.collect()
    }
    assert set(ROW.findall(PAGE.read_text())) == found
