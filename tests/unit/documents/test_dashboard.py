# SPDX-License-Identifier: Apache-2.0
"""The alerts and the dashboard use metrics that there are, and every alert has a test."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from kic_vm.metrics import gateway, upstreams, worker
from kic_vm.metrics.registry import REGISTRY

ETC = Path(__file__).parents[3] / "etc/kic-vm"
RULES = yaml.safe_load((ETC / "prometheus/kic-vm.rules.yaml").read_text())
TESTS = yaml.safe_load((ETC / "prometheus/kic-vm.tests.yaml").read_text())
DASHBOARD = json.loads((ETC / "grafana/kic-vm.json").read_text())
NAME = re.compile(r"\bkic_vm[:\w]+")
MODULES = (gateway, upstreams, worker)  # they register the metrics


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


def known() -> set[str]:
    """The names of all series, and those that the recording rules write."""
    suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    series = {
        f"{metric.name}{suffix}"
        for metric in REGISTRY.collect()
        for suffix in suffixes.get(metric.type, ("",))
    }
    return series | {rule["record"] for rule in rules() if "record" in rule}


def test_rules() -> None:
    """No rule uses a metric that does not exist."""
    used = {name for rule in rules() for name in NAME.findall(rule["expr"])}
    assert used - known() == set()


def test_alerts() -> None:
    """Each alert has a severity and sentences, and a test in which it fires."""
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    for rule in alerts.values():
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}
    fired = {
        test["alertname"]
        for group in TESTS["tests"]
        for test in group.get("alert_rule_test", ())
        if test.get("exp_alerts")
    }
    assert fired == alerts.keys()


def test_dashboard() -> None:
    """Each panel has a title, a place of its own and metrics that exist."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells, panel["title"]
        assert max(x for x, _y in own) < 24
        cells |= own
        assert panel["title"]
        for target in panel["targets"]:
            assert set(NAME.findall(target["expr"])) <= known(), target["expr"]
